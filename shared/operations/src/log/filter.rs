//! Filters of the logs.

use domain::app::App;
use domain::fact::{Fact, FactKind};
use domain::id::{BuyerKey, IntegrationId, RuleId, SessionId};
use domain::log::{ConfigEntry, ConfigKind, EventRecord, JobRecord, Status};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

use crate::firings::Firings;

/// Filters of actions. All that are set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActionFilter {
    /// Actions in this account.
    pub integration: Option<IntegrationId>,
    /// Actions that this rule requested.
    pub rule: Option<RuleId>,
    /// Actions with one of these statuses; if empty, with any.
    pub statuses: Vec<Status>,
    /// Actions of this trigger.
    pub trigger: Option<Trigger>,
    /// Actions in this app.
    pub app: Option<App>,
    /// Tests of rules, or actions that are not tests.
    pub test: Option<bool>,
    /// Actions whose facts occurred at this time or later.
    pub from: Option<Timestamp>,
    /// Actions whose facts occurred before this time.
    pub to: Option<Timestamp>,
    /// Actions that changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// Actions for this buyer.
    pub buyer: Option<BuyerKey>,
    /// Actions for a fact about this order. Only the fact has the order's id, so the search is faster with a time or a
    /// buyer.
    pub order_id: Option<String>,
    /// Actions with this text in a field that is shown, in any case.
    pub text: Option<String>,
}

/// Filters of events. All that are set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventFilter {
    /// Events of this kind of fact, as published.
    pub kind: Option<FactKind>,
    /// Events that fire this trigger.
    pub trigger: Option<Trigger>,
    /// Events for which a rule fired, or facts for which none did; see [`EventFilter::takes`].
    pub fired: Option<bool>,
    /// Events whose facts occurred at this time or later.
    pub from: Option<Timestamp>,
    /// Events whose facts occurred before this time.
    pub to: Option<Timestamp>,
    /// Events of this buyer.
    pub buyer: Option<BuyerKey>,
    /// Events about this order.
    pub order_id: Option<String>,
    /// Events whose fact contains this text, in any case.
    pub text: Option<String>,
}

/// Filters of the Configuration Log. All that are set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigFilter {
    /// Entries about this kind of object.
    pub kind: Option<ConfigKind>,
    /// Entries about the object with this id.
    pub id: Option<String>,
    /// Entries of changes by this actor: the id of a session's actor, `operator` or `engine`.
    pub actor: Option<String>,
    /// Entries of this account and of its rules.
    pub integration: Option<IntegrationId>,
    /// Entries of changes that succeeded, or that failed.
    pub ok: Option<bool>,
    /// Entries at this time or later.
    pub from: Option<Timestamp>,
    /// Entries before this time.
    pub to: Option<Timestamp>,
    /// Entries with this text in a field that is shown, in any case.
    pub text: Option<String>,
}

impl ActionFilter {
    /// Whether an action matches, as far as its record shows.
    pub(super) fn takes(&self, action: &JobRecord) -> bool {
        is_or_any(self.integration.as_ref(), &action.integration)
            && is_or_any(self.rule.as_ref(), &action.rule)
            && is_or_any(self.trigger.as_ref(), &action.trigger)
            && is_or_any(self.app.as_ref(), &action.app)
            && is_or_any(self.test.as_ref(), &action.test)
            && self.updated_since.is_none_or(|since| action.updated_at >= since)
            && (self.statuses.is_empty() || self.statuses.contains(&action.status))
            && self.text.as_deref().is_none_or(|text| has_text(action, text))
    }

    /// Whether only [exceptions](JobRecord::is_exception) match.
    pub(super) fn asks_exceptions(&self) -> bool {
        !self.statuses.is_empty() && !self.statuses.iter().any(|status| status.took_effect())
    }

    /// Whether the action's event is required too.
    pub(super) fn asks_event(&self) -> bool {
        self.order_id.is_some()
    }

    /// Whether actions of this event match.
    pub(super) fn takes_event(&self, event: &EventRecord) -> bool {
        self.order_id.as_deref().is_none_or(|order| is_about_order(event, order))
    }
}

impl EventFilter {
    /// Whether an event matches. A rule fired for an event that has stored such a verdict: an event without room for all
    /// verdicts stores these first. A test of a rule is no fact, so no rule fires for it or could have fired.
    pub fn takes(&self, event: &EventRecord) -> bool {
        let fired = || event.verdicts.values().flatten().any(|v| matches!(v.verdict, Verdict::Fired { .. }));
        self.kind.is_none_or(|kind| kind.detail_type() == event.detail_type)
            && self.fired.is_none_or(|wanted| wanted == fired() && !event.is_test())
            && self.text.as_deref().is_none_or(|text| contains(&event.detail, &text.to_lowercase()))
            && self.order_id.as_deref().is_none_or(|order| is_about_order(event, order))
            && self.trigger.is_none_or(|trigger| Firings::of(event, trigger).is_ok())
    }
}

impl ConfigFilter {
    /// Whether an entry matches, apart from its time.
    pub(super) fn takes(&self, entry: &ConfigEntry) -> bool {
        let ConfigEntry { kind, id, integration, app, action, ok, message, author, .. } = entry;
        let has = |text: &str| {
            let text = text.to_lowercase();
            let author = [author.id(), author.name(), author.session().map(SessionId::as_str)];
            let thing = [integration.as_ref().map(IntegrationId::as_str), app.map(App::label)];
            let said = [Some(id.as_str()), Some(action), Some(message)];
            let shown = said.into_iter().chain(thing).chain(author).flatten();
            shown.into_iter().any(|shown| contains(shown, &text))
        };
        is_or_any(self.kind.as_ref(), kind)
            && is_or_any(self.id.as_ref(), id)
            && is_or_any(self.integration.as_ref().map(Some).as_ref(), &integration.as_ref())
            && is_or_any(self.actor.as_deref().map(Some).as_ref(), &author.id())
            && is_or_any(self.ok.as_ref(), ok)
            && self.text.as_deref().is_none_or(has)
    }
}

fn is_or_any<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == is)
}

/// Whether the fact is about this order. If JSON has only one way to write the id, most other facts are excluded
/// without parsing.
fn is_about_order(event: &EventRecord, order: &str) -> bool {
    let is_plain = order.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    (!is_plain || event.detail.contains(&format!("\"{order}\"")))
        && Fact::parse(&event.detail_type, &event.detail).is_ok_and(|fact| fact.order_id() == Some(order))
}

/// Whether the text is in a field of the action that the log shows.
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
    let target = action.target.values().map(|value| Some(value.as_str()));
    contains(&action.id.to_string(), &text)
        || shown
            .into_iter()
            .map(Some)
            .chain(target)
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
            target: [("list_id".to_owned(), "a1b2c3".to_owned())].into(),
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
        same(ActionFilter { app: Some(App::MAILCHIMP), ..any() });
        other(ActionFilter { app: Some(App::KIT), ..any() });
        same(ActionFilter { test: Some(false), ..any() });
        other(ActionFilter { test: Some(true), ..any() });
        for text in ["ADA@", "list is gone", "choose", "Mailchimp", "rejected", "Product Purchased", "A1B2"] {
            same(ActionFilter { text: Some(text.to_owned()), ..any() });
        }
        other(ActionFilter { text: Some("Grace".to_owned()), ..any() });
        same(ActionFilter { updated_since: Some(action().updated_at), ..any() });
        let later = action().updated_at + jiff::SignedDuration::from_millis(1);
        other(ActionFilter { updated_since: Some(later), ..any() });
    }

    #[test]
    fn a_filter_for_statuses_other_than_success_asks_only_for_exceptions() {
        for (statuses, is) in [
            (&[][..], false),
            (&[Status::Performed], false),
            (&[Status::Rejected, Status::AlreadySo], false),
            (&[Status::Rejected, Status::Duplicate], true),
        ] {
            let filter = ActionFilter { statuses: statuses.to_vec(), ..ActionFilter::default() };
            assert_eq!(filter.asks_exceptions(), is, "{statuses:?}");
        }
    }

    #[test]
    fn every_filter_of_the_configuration_log_takes_what_is_so_and_nothing_else() {
        let entry = json!({
            "at": "2026-11-22T04:00:00Z", "kind": "integration", "id": "int_1", "integration": "int_1", "app": "kit",
            "action": "Refresh", "ok": false, "message": "Kit does not answer.",
            "author": { "by": "session", "session": "ses_1", "actor": { "id": "usr_7", "name": "Ada" } },
        });
        let entry: ConfigEntry = serde_json::from_value(entry).unwrap();
        let takes = |filter: ConfigFilter| filter.takes(&entry);
        let any = ConfigFilter::default;
        assert!(takes(any()));
        assert!(takes(ConfigFilter { integration: Some("int_1".parse().unwrap()), ..any() }));
        assert!(!takes(ConfigFilter { integration: Some("int_2".parse().unwrap()), ..any() }));
        for (kind, takes_it) in [(ConfigKind::Integration, true), (ConfigKind::Rule, false)] {
            assert_eq!(takes(ConfigFilter { kind: Some(kind), ..any() }), takes_it, "{kind}");
        }
        for (id, takes_it) in [("int_1", true), ("int_2", false)] {
            assert_eq!(takes(ConfigFilter { id: Some(id.to_owned()), ..any() }), takes_it, "{id}");
        }
        for (actor, takes_it) in [("usr_7", true), ("usr_8", false), ("operator", false), ("engine", false)] {
            assert_eq!(takes(ConfigFilter { actor: Some(actor.to_owned()), ..any() }), takes_it, "{actor}");
        }
        assert!(takes(ConfigFilter { ok: Some(false), ..any() }));
        assert!(!takes(ConfigFilter { ok: Some(true), ..any() }));
        for text in ["KIT", "refresh", "not answer", "int_1", "ADA", "usr_7", "ses_1"] {
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
        let silent = |verdict: &str| {
            let verdict = json!([{ "rule": "rul_1", "verdict": { "is": verdict } }]);
            sample::event(json!({ "verdicts": { "product_purchased": verdict } }))
        };
        for event in [sample::event(json!({})), silent("disabled")] {
            assert!(EventFilter { fired: Some(false), ..any() }.takes(&event));
            assert!(!EventFilter { fired: Some(true), ..any() }.takes(&event));
        }
        let test = sample::event(json!({ "detail_type": "Rule Test" }));
        for fired in [true, false] {
            assert!(!EventFilter { fired: Some(fired), ..any() }.takes(&test), "{fired}");
        }
        same(EventFilter { text: Some("SOURDOUGH".to_owned()), ..any() });
        other(EventFilter { text: Some("rye".to_owned()), ..any() });
        same(EventFilter { order_id: Some("ord_1".to_owned()), ..any() });
        // The text is in the fact, but is not its order's id.
        other(EventFilter { order_id: Some("cus_1".to_owned()), ..any() });
        other(EventFilter { order_id: Some("ord_".to_owned()), ..any() });
    }
}
