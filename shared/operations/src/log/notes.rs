//! Notes on an event, besides its verdicts: texts that were truncated or omitted, the earlier prospect that a prospect
//! joined, why a fact fires no trigger, and what a refund leaves unchanged.

use std::collections::BTreeSet;

use aws::store::{Span, Store, StoreError};
use domain::fact::{Body, Extent, Fact, Refund, SubscriptionStatusChange};
use domain::id::{EventId, MarketplaceId, ProductId};
use domain::log::{EventRecord, Timer};
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::Log;

/// The maximum number of pages of a marketplace's events that are searched for the purchase of a refund.
const MOST_PAGES: usize = 5;
/// The maximum number of facts about one order that are read.
const MOST_FACTS: usize = 20;
/// A purchase may be dated this much after its refund, because clocks differ.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

impl Log<'_> {
    /// The notes on an event. Only a refund, and a prospect that joined another, require a read.
    pub async fn notes(
        &self,
        m: &MarketplaceId,
        event: &EventRecord,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let store = &self.0.store;
        let Ok(fact) = Fact::parse(&event.detail_type, &event.detail) else { return Ok(Vec::new()) };
        let joined = match &event.timer {
            Some(Timer::Joined { event: earlier, .. }) => {
                Some(joined(earlier, store.event(m, earlier, now).await?.as_ref()))
            }
            _ => None,
        };
        let mut notes = own(&fact, joined);
        notes.extend(match &fact.body {
            Body::SubscriptionStatusChanged(change) if change.from == change.to => vec![unchanged(change)],
            Body::ChargeRefunded(refund) if refund.items.iter().all(|line| line.extent().is_none()) => {
                vec!["No line of this refund gives money back now, so it fires no trigger.".to_owned()]
            }
            Body::ChargeRefunded(refund) => {
                let facts = facts_of_charge(store, m, event, &fact, refund, now).await?;
                refunded(event, refund, &facts)
            }
            _ => Vec::new(),
        });
        Ok(notes)
    }
}

/// The notes on the fact's texts, and on the timer that it joined.
fn own(fact: &Fact, joined: Option<String>) -> Vec<String> {
    fact.notes.iter().map(ToString::to_string).chain(joined).collect()
}

/// The note on the timer that a prospect joined.
fn joined(earlier: &EventId, found: Option<&EventRecord>) -> String {
    let came = match found.and_then(|event| event.timer.as_ref()) {
        Some(Timer::Waiting { fires_at, .. }) => {
            format!("Its wait ends at {fires_at}; the rules are judged then, once for both.")
        }
        Some(Timer::Fired { at }) => {
            format!("Its wait ended at {at} and it fired Prospect Created, once for both.")
        }
        Some(Timer::Bought { event }) => {
            format!(
                "The product was bought before its wait ended, in {event}, so neither fires Prospect Created."
            )
        }
        Some(Timer::Joined { .. }) | None => "The result of its wait is no longer stored.".to_owned(),
    };
    format!("An earlier prospect of the same buyer and product waits for this one too: {earlier}. {came}")
}

fn unchanged(change: &SubscriptionStatusChange) -> String {
    let status = serde_json::to_value(change.to).unwrap_or_default();
    let status = status.as_str().unwrap_or_default();
    format!("`from` and `to` are both {status}: the status did not change, so no trigger fires.")
}

/// A fact about the charge or the order of a refund, with its buyer.
struct Found {
    event: EventId,
    email: String,
    fact: Fact,
}

/// The facts about the purchase of a refund: the buyer's own. If the buyer has none, the marketplace's events are
/// searched, up to `MOST_PAGES`.
async fn facts_of_charge(
    store: &Store,
    m: &MarketplaceId,
    event: &EventRecord,
    fact: &Fact,
    refund: &Refund,
    now: Timestamp,
) -> Result<Vec<Found>, StoreError> {
    let until = time::after(fact.common.occurred_at, SKEW);
    let mut span = Span { since: None, until: Some(until), after: None, limit: MOST_FACTS };
    let test_mode = fact.common.test_mode;
    let takes = |event: &EventRecord| read(event, refund, test_mode).is_some();
    let own = store.events_page(m, Some(event.id.buyer), &span, &takes, now).await?;
    let found = |events: Vec<EventRecord>| -> Vec<Found> {
        events.iter().filter_map(|event| read(event, refund, test_mode)).collect()
    };
    let own = found(own.items);
    if own.iter().any(|found| is_purchase(&found.fact)) {
        return Ok(own);
    }
    for _ in 0..MOST_PAGES {
        let page = store.events_page(m, None, &span, &takes, now).await?;
        let others = found(page.items);
        if others.iter().any(|found| is_purchase(&found.fact)) {
            return Ok(others);
        }
        span.after = page.next;
        if span.after.is_none() {
            break;
        }
    }
    Ok(own)
}

/// Parses an event if it is about the same order or charge. Most events are about others, which their text shows
/// without parsing.
fn read(event: &EventRecord, refund: &Refund, test_mode: bool) -> Option<Found> {
    let (order, charge) = (refund.order.id.as_str(), refund.charge_id.as_str());
    let is_plain = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let is_named = |id: &str| !is_plain(id) || event.detail.contains(&format!("\"{id}\""));
    if !is_named(order) && !is_named(charge) {
        return None;
    }
    let fact = Fact::parse(&event.detail_type, &event.detail).ok()?;
    let is_about = fact.order_id() == Some(order) || fact.charge_id() == Some(charge);
    let is_kind = is_purchase(&fact) || matches!(fact.body, Body::ChargeRefunded(_));
    let found = is_about && is_kind && fact.common.test_mode == test_mode;
    found.then(|| Found { event: event.id, email: event.email.clone(), fact })
}

fn is_purchase(fact: &Fact) -> bool {
    matches!(
        fact.body,
        Body::CheckoutCharged(_)
            | Body::OrderCompleted(_)
            | Body::ProductAddedToOrder(_)
            | Body::SubscriptionCharged(_)
    )
}

/// The notes on a refund.
fn refunded(event: &EventRecord, refund: &Refund, facts: &[Found]) -> Vec<String> {
    let (order, email) = (&refund.order.id, &event.email);
    let mut purchases = facts.iter().filter(|found| is_purchase(&found.fact));
    let Some(purchase) = purchases.next() else {
        return vec![format!(
            "No purchase of order {order} was found for {email}. If it was made with another address, publish this refund \
             with that address too: its actions are for {email} alone."
        )];
    };
    if purchase.event.buyer != event.id.buyer {
        let (bought_by, event) = (&purchase.email, purchase.event);
        return vec![format!(
            "Order {order} was bought by {bought_by}, in {event}. This refund is for {email}, so its actions are for \
             {email}, and what {bought_by} was given stays. To end it, publish the refund with {bought_by} too, or take it \
             back in the app."
        )];
    }
    still_paid(refund, facts)
}

/// For each line that is refunded in full: the other lines of the order with the same product that are not.
fn still_paid(refund: &Refund, facts: &[Found]) -> Vec<String> {
    let mut ended = BTreeSet::new();
    for found in facts {
        if let Body::ChargeRefunded(earlier) = &found.fact.body {
            let lines = earlier.items.iter().enumerate();
            let full = lines.filter(|(_, line)| line.refunded_total.amount >= line.paid.amount);
            ended.extend(full.map(|(index, line)| line.item.line_id(index).into_owned()));
        }
    }
    let mut paid: BTreeSet<(String, &ProductId)> = BTreeSet::new();
    for found in facts.iter().filter(|found| is_purchase(&found.fact)) {
        for (index, item) in found.fact.items() {
            paid.insert((item.line_id(index).into_owned(), &item.product_id));
        }
    }
    let mut notes = Vec::new();
    for (index, line) in refund.items.iter().enumerate() {
        if line.extent() != Some(Extent::Full) {
            continue;
        }
        let (own, product) = (line.item.line_id(index), &line.item.product_id);
        let others: Vec<_> = paid
            .iter()
            .filter(|(id, of)| *of == product && *id != own && !ended.contains(id))
            .map(|(id, _)| format!("line {id}"))
            .collect();
        if !others.is_empty() {
            notes.push(format!(
                "Line {own} is refunded, and {} of the same order and product {product} is still paid for. A buyer has a \
                 tag, a place on a list or access to a course once, however many lines pay for it: an action that takes it \
                 away ends it for all of them. Where the buyer keeps a line, give it back in the app.",
                others.join(" and ")
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests;
