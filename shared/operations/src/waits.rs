//! Waits of accounts that need to be reconnected: actions, buyers, and the money that the buyers paid.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use aws::store::{Store, StoreError};
use domain::fact::Fact;
use domain::id::{BuyerKey, EventId};
use domain::integration::{Connection, Integration};
use domain::log::EventRecord;
use domain::money::{Currency, Money};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

/// The maximum number of actions of an account that are counted.
const MOST_ACTIONS: usize = 2_000;
/// The maximum number of events of an account that are read for their amounts.
const MOST_EVENTS: usize = 500;
/// The number of actions that one request reads.
const PAGE: i32 = 1_000;
/// The number of events that are read concurrently.
const AT_ONCE: usize = 16;

/// The actions that wait for an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// The number of actions.
    pub actions: usize,
    /// The number of buyers with such actions.
    pub buyers: usize,
    /// The amounts that the buyers paid in the orders whose actions wait, one amount for each currency. An order counts once.
    pub amounts: Vec<Money>,
    /// Whether everything was counted.
    pub exact: bool,
}

/// The actions that wait for an account. `None`: the account does not need to be reconnected.
pub(crate) async fn of(
    store: &Store,
    account: &Integration,
    now: Timestamp,
) -> Result<Option<Waits>, StoreError> {
    match account.connection {
        Connection::Connected => Ok(None),
        Connection::NeedsReconnect { .. } => counted(store, account, now).await.map(Some),
    }
}

/// The same for several accounts, in their order.
pub(crate) async fn of_each(
    store: &Store,
    accounts: &[Integration],
    now: Timestamp,
) -> Result<Vec<Option<Waits>>, StoreError> {
    try_join_all(accounts.iter().map(|account| of(store, account, now))).await
}

async fn counted(store: &Store, account: &Integration, now: Timestamp) -> Result<Waits, StoreError> {
    let m = &account.marketplace;
    let mut held = pin!(store.held(m, &account.id, PAGE));
    let mut waits = Waits { exact: true, ..Waits::default() };
    let (mut buyers, mut events) = (BTreeSet::<BuyerKey>::new(), BTreeSet::<EventId>::new());
    while let Some(page) = held.try_next().await? {
        for parked in page {
            if waits.actions == MOST_ACTIONS {
                waits.exact = false;
                break;
            }
            let event = parked?.id.event;
            waits.actions += 1;
            buyers.insert(event.buyer);
            events.insert(event);
        }
        if !waits.exact {
            break;
        }
    }
    waits.buyers = buyers.len();
    waits.exact &= events.len() <= MOST_EVENTS;
    let read = async |event: EventId| store.event(m, &event, now).await;
    let events = stream::iter(events.into_iter().take(MOST_EVENTS));
    let read: Vec<_> = events.map(read).buffered(AT_ONCE).try_collect().await?;
    waits.amounts = amounts(read.iter().flatten());
    Ok(waits)
}

/// The amounts that were paid, by currency. Of several facts about an order, the last one counts.
fn amounts<'a>(events: impl Iterator<Item = &'a EventRecord>) -> Vec<Money> {
    let mut orders: BTreeMap<String, Money> = BTreeMap::new();
    for event in events {
        let Ok(fact) = Fact::parse(&event.detail_type, &event.detail) else { continue };
        let Some(paid) = fact.paid() else { continue };
        let order = fact.order_id().map_or_else(|| event.id.to_string(), str::to_owned);
        orders.insert(order, paid);
    }
    let mut sums: BTreeMap<Currency, Money> = BTreeMap::new();
    for paid in orders.into_values() {
        let sum = sums.entry(paid.currency).or_insert(Money::new(0, paid.currency));
        *sum = sum.plus(paid).unwrap_or(*sum);
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample;

    fn event(kind: &str, order: &str, total: &Value) -> EventRecord {
        let mut detail: Value = serde_json::from_str(&sample::event(json!({})).detail).unwrap();
        detail["order"] = json!({ "id": order, "total": total });
        sample::event(json!({ "detail_type": kind, "detail": detail.to_string() }))
    }

    #[test]
    fn an_order_counts_once_and_currencies_are_added_apart() {
        let usd = |amount: u64| json!({ "amount": amount, "currency": "USD" });
        let events = [
            event("Checkout Charged", "ord_1", &usd(4900)),
            event("Order Completed", "ord_1", &usd(5900)),
            event("Order Completed", "ord_2", &usd(100)),
            event("Order Completed", "ord_3", &json!({ "amount": 700, "currency": "EUR" })),
            // A charge that failed is not paid, and a text that is no fact is ignored.
            event("Checkout Failed", "ord_4", &usd(1)),
            event("Rule Test", "ord_5", &usd(1)),
        ];
        let told = amounts(events.iter());
        let told: Vec<_> = told.iter().map(|money| (money.amount, money.currency.to_string())).collect();
        assert_eq!(told, [(700, "EUR".to_owned()), (6000, "USD".to_owned())]);
    }
}
