//! The engine's promises, checked against the stored data of a deployment and, on request, against what apps hold. Nothing
//! is written.
//!
//! The simulator checks the same promises at the end of each history.

mod drift;
mod promises;

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Span, Store, StoreError};
use domain::id::{BuyerKey, MarketplaceId};
use domain::log::EventRecord;
use jiff::Timestamp;

use crate::Engine;

pub use promises::{Broken, History, Promise, Waits, judge};

/// The number of events or marketplaces per read.
const PAGE: usize = 100;

/// The checks of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a>(&'a Engine);

impl Engine {
    /// The checks of the deployment.
    pub fn verification(&self) -> Verification<'_> {
        Verification(self)
    }
}

/// The result of a verification.
#[derive(Debug, Default)]
pub struct Verified {
    /// The number of marketplaces that were read.
    pub marketplaces: usize,
    /// The number of events that were read.
    pub events: usize,
    /// The number of actions that were read.
    pub actions: usize,
    /// The promises that do not hold.
    pub broken: Vec<Broken>,
    /// The number of actions that apps answered about.
    pub asked: usize,
    /// The reasons why apps did not answer about actions, and the number of actions for each.
    pub unasked: BTreeMap<String, usize>,
}

impl Verified {
    fn unasked(&mut self, reason: &str, actions: usize) {
        *self.unasked.entry(reason.to_owned()).or_default() += actions;
    }
}

impl Verification<'_> {
    /// The marketplaces of the deployment.
    ///
    /// # Errors
    /// DynamoDB did not respond.
    pub async fn marketplaces(&self) -> Result<Vec<MarketplaceId>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.0.store.marketplaces(PAGE, after.as_ref()).await?;
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// Checks the events of a marketplace whose facts occurred since a time, and the actions of their buyers since then.
    ///
    /// # Errors
    /// DynamoDB did not respond, or an item cannot be read.
    pub async fn marketplace(
        &self,
        m: &MarketplaceId,
        since: Timestamp,
        now: Timestamp,
        verified: &mut Verified,
    ) -> Result<(), StoreError> {
        let (store, waits) = (&self.0.store, self.waits(m, now).await?);
        verified.marketplaces += 1;
        for buyer in buyers(store, m, since, now).await? {
            let (events, records) = store.buyer_timeline(m, buyer, since, now).await?;
            let erasure = store.erasure(m, buyer, now).await?;
            verified.events += events.len();
            verified.actions += records.len();
            let history = History { events: &events, records: &records, erasure: erasure.as_ref() };
            verified.broken.extend(judge(m, &history, &waits, now));
        }
        Ok(())
    }

    /// The rules, accounts and pauses of a marketplace.
    async fn waits(&self, m: &MarketplaceId, now: Timestamp) -> Result<Waits, StoreError> {
        let store = &self.0.store;
        let rules = store.rules(m, now).await?.into_iter().collect();
        let accounts = store.integrations(m, now).await?;
        let accounts = accounts.into_iter().map(|account| (account.id.clone(), account)).collect();
        let mut paused = BTreeSet::new();
        for app in self.0.apps() {
            if store.app_pause(app).await?.is_some() {
                paused.insert(app);
            }
        }
        Ok(Waits { rules, accounts, paused })
    }
}

/// The buyers of the events since a time.
async fn buyers(
    store: &Store,
    m: &MarketplaceId,
    since: Timestamp,
    now: Timestamp,
) -> Result<BTreeSet<BuyerKey>, StoreError> {
    let mut span = Span { since: Some(since), until: None, after: None, limit: PAGE };
    let all = |_: &EventRecord| true;
    let mut buyers = BTreeSet::new();
    loop {
        let page = store.events_page(m, None, &span, &all, now).await?;
        buyers.extend(page.items.iter().map(|event| event.id.buyer));
        span.after = page.next;
        if span.after.is_none() {
            return Ok(buyers);
        }
    }
}
