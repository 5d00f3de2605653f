//! What a merchant looks for in the logs.

use domain::app::App;
use domain::fact::{Fact, FactKind};
use domain::id::{IntegrationId, RuleId};
use domain::log::{ConfigEntry, EventRecord, JobRecord, Status};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

use crate::firings::Firings;

/// Which actions; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActionFilter {
    /// In that account.
    pub integration: Option<IntegrationId>,
    /// Asked for by that rule.
    pub rule: Option<RuleId>,
    /// That stand so; empty: however they stand.
    pub statuses: Vec<Status>,
    /// Of that trigger.
    pub trigger: Option<Trigger>,
    /// In that app.
    pub app: Option<App>,
    /// Whose facts occurred from this time on.
    pub from: Option<Timestamp>,
    /// Whose facts occurred before this time.
    pub to: Option<Timestamp>,
    /// That changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// Because of the buyer with this address.
    pub email: Option<String>,
    /// Because of a fact about this order. An order's id is in the fact alone, so a time or an address beside it finds
    /// it sooner.
    pub order_id: Option<String>,
    /// With this text somewhere in the row, in capitals or not.
    pub text: Option<String>,
}

/// Which events; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventFilter {
    /// Of this kind of fact, as it was published.
    pub kind: Option<FactKind>,
    /// That fire this trigger.
    pub trigger: Option<Trigger>,
    /// Whether any rule fired.
    pub fired: Option<bool>,
    /// Whose facts occurred from this time on.
    pub from: Option<Timestamp>,
    /// Whose facts occurred before this time.
    pub to: Option<Timestamp>,
    /// Of the buyer with this address.
    pub email: Option<String>,
    /// About this order.
    pub order_id: Option<String>,
    /// With this text somewhere in the fact, in capitals or not.
    pub text: Option<String>,
}

/// Which entries of the Configuration Log; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigFilter {
    /// Of that account.
    pub integration: Option<IntegrationId>,
    /// Whether it went well.
    pub ok: Option<bool>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// With this text somewhere in the row, in capitals or not.
    pub text: Option<String>,
}

impl ActionFilter {
    /// Whether it takes an action, as far as the action can tell.
    pub(super) fn takes(&self, action: &JobRecord) -> bool {
        is_or_any(self.integration.as_ref(), &action.integration)
            && is_or_any(self.rule.as_ref(), &action.rule)
            && is_or_any(self.trigger.as_ref(), &action.trigger)
            && is_or_any(self.app.as_ref(), &action.app)
            && self.updated_since.is_none_or(|since| action.updated_at >= since)
            && (self.statuses.is_empty() || self.statuses.contains(&action.status))
            && self.text.as_deref().is_none_or(|text| has_text(action, text))
    }

    /// Whether the event has to be asked too.
    pub(super) fn asks_event(&self) -> bool {
        self.order_id.is_some()
    }

    /// Whether it takes actions of that event.
    pub(super) fn takes_event(&self, event: &EventRecord) -> bool {
        self.order_id.as_deref().is_none_or(|order| is_about_order(event, order))
    }
}

impl EventFilter {
    /// Whether it takes an event.
    pub fn takes(&self, event: &EventRecord) -> bool {
        let fired = || event.verdicts.values().flatten().any(|v| matches!(v.verdict, Verdict::Fired { .. }));
        self.kind.is_none_or(|kind| kind.detail_type() == event.detail_type)
            && self.fired.is_none_or(|wanted| wanted == fired())
            && self.text.as_deref().is_none_or(|text| contains(&event.detail, &text.to_lowercase()))
            && self.order_id.as_deref().is_none_or(|order| is_about_order(event, order))
            && self.trigger.is_none_or(|trigger| Firings::of(event, trigger).is_ok())
    }
}

impl ConfigFilter {
    /// Whether it takes an entry of its time.
    pub(super) fn takes(&self, entry: &ConfigEntry) -> bool {
        let ConfigEntry { integration, app, action, ok, message, at: _ } = entry;
        let has = |text: &str| {
            let text = text.to_lowercase();
            [integration.as_str(), app.label(), action, message].iter().any(|shown| contains(shown, &text))
        };
        is_or_any(self.integration.as_ref(), integration)
            && is_or_any(self.ok.as_ref(), ok)
            && self.text.as_deref().is_none_or(has)
    }
}

fn is_or_any<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == is)
}

/// Whether the fact is about that order. Most are not, and need not be read to see it, where JSON has one way to write the
/// id.
fn is_about_order(event: &EventRecord, order: &str) -> bool {
    let is_plain = order.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    (!is_plain || event.detail.contains(&format!("\"{order}\"")))
        && Fact::parse(&event.detail_type, &event.detail).is_ok_and(|fact| fact.order_id() == Some(order))
}

/// Whether the text is somewhere in what the log shows of an action.
fn has_text(action: &JobRecord, text: &str) -> bool {
    let text = text.to_lowercase();
    let reason = action.reason.iter().flat_map(|why| [Some(why.message.as_str()), why.hint.as_deref()]);
    let history = action.history.iter().map(|attempt| attempt.message.as_deref());
    let shown = [
        action.email.as_str(),
        action.action.as_str(),
        action.app.label(),
        action.trigger.label(),
        action.rule.as_str(),
        action.integration.as_str(),
        action.status.key(),
    ];
    contains(&action.id.to_string(), &text)
        || shown
            .into_iter()
            .map(Some)
            .chain(reason)
            .chain(history)
            .flatten()
            .any(|shown| contains(shown, &text))
}

/// `text` is in lower case.
fn contains(shown: &str, text: &str) -> bool {
    shown.to_lowercase().contains(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    fn action() -> JobRecord {
        let id = format!("job_{}", "0".repeat(58)).parse().unwrap();
        JobRecord {
            reason: Some(domain::outcome::Reason::new("The list is gone.").hint("Choose another.")),
            ..sample::record(id, "rejected")
        }
    }

    #[test]
    fn every_filter_of_actions_takes_what_is_so_and_nothing_else() {
        let other = |filter: ActionFilter| assert!(!filter.takes(&action()), "{filter:?}");
        let same = |filter: ActionFilter| assert!(filter.takes(&action()), "{filter:?}");
        let any = ActionFilter::default;
        same(any());
        same(ActionFilter { integration: Some("int_1".parse().unwrap()), ..any() });
        other(ActionFilter { integration: Some("int_2".parse().unwrap()), ..any() });
        same(ActionFilter { rule: Some("rul_1".parse().unwrap()), ..any() });
        other(ActionFilter { rule: Some("rul_2".parse().unwrap()), ..any() });
        same(ActionFilter { statuses: vec![Status::Held, Status::Rejected], ..any() });
        other(ActionFilter { statuses: vec![Status::Held], ..any() });
        same(ActionFilter { trigger: Some(Trigger::ProductPurchased), ..any() });
        other(ActionFilter { trigger: Some(Trigger::OrderCompleted), ..any() });
        same(ActionFilter { app: Some(App::Mailchimp), ..any() });
        other(ActionFilter { app: Some(App::Kit), ..any() });
        for text in ["ADA@", "list is gone", "choose", "Mailchimp", "rejected", "Product Purchased"] {
            same(ActionFilter { text: Some(text.to_owned()), ..any() });
        }
        other(ActionFilter { text: Some("Grace".to_owned()), ..any() });
        same(ActionFilter { updated_since: Some(action().updated_at), ..any() });
        let later = action().updated_at + jiff::SignedDuration::from_millis(1);
        other(ActionFilter { updated_since: Some(later), ..any() });
    }

    #[test]
    fn every_filter_of_the_configuration_log_takes_what_is_so_and_nothing_else() {
        let entry = json!({
            "at": "2026-11-22T04:00:00Z", "integration": "int_1", "app": "kit", "action": "Refresh", "ok": false,
            "message": "Kit does not answer.",
        });
        let entry: ConfigEntry = serde_json::from_value(entry).unwrap();
        let takes = |filter: ConfigFilter| filter.takes(&entry);
        let any = ConfigFilter::default;
        assert!(takes(any()));
        assert!(takes(ConfigFilter { integration: Some("int_1".parse().unwrap()), ..any() }));
        assert!(!takes(ConfigFilter { integration: Some("int_2".parse().unwrap()), ..any() }));
        assert!(takes(ConfigFilter { ok: Some(false), ..any() }));
        assert!(!takes(ConfigFilter { ok: Some(true), ..any() }));
        for text in ["KIT", "refresh", "not answer", "int_1"] {
            assert!(takes(ConfigFilter { text: Some(text.to_owned()), ..any() }), "{text}");
        }
        assert!(!takes(ConfigFilter { text: Some("Circle".to_owned()), ..any() }));
    }

    #[test]
    fn every_filter_of_events_takes_what_is_so_and_nothing_else() {
        let fired = json!([{ "rule": "rul_1", "verdict": { "is": "fired", "jobs": [] } }]);
        let event = sample::event(json!({ "verdicts": { "product_purchased": fired } }));
        let other = |filter: EventFilter| assert!(!filter.takes(&event), "{filter:?}");
        let same = |filter: EventFilter| assert!(filter.takes(&event), "{filter:?}");
        let any = EventFilter::default;
        same(any());
        same(EventFilter { kind: Some(FactKind::OrderCompleted), ..any() });
        other(EventFilter { kind: Some(FactKind::ChargeRefunded), ..any() });
        same(EventFilter { trigger: Some(Trigger::ProductPurchased), ..any() });
        other(EventFilter { trigger: Some(Trigger::UpsellPurchased), ..any() });
        same(EventFilter { fired: Some(true), ..any() });
        other(EventFilter { fired: Some(false), ..any() });
        same(EventFilter { text: Some("SOURDOUGH".to_owned()), ..any() });
        other(EventFilter { text: Some("rye".to_owned()), ..any() });
        same(EventFilter { order_id: Some("ord_1".to_owned()), ..any() });
        // In the fact, but not as its order.
        other(EventFilter { order_id: Some("cus_1".to_owned()), ..any() });
        other(EventFilter { order_id: Some("ord_".to_owned()), ..any() });
    }
}
