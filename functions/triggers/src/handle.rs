//! Turns an event on the bus into jobs on the queues and verdicts in the log.

use aws::queue::{FactsQueue, QueueError, Queues};
use aws::store::{EventWrite, FactReceived, Known, Recorded, Store, StoreError};
use domain::digest::DigestSecret;
use domain::fact::{Fact, FactError, Received};
use domain::firing::Subject;
use domain::id::{EventId, ProductId};
use domain::manifest::Catalog;
use domain::plan::{self, Input};
use domain::trigger::Trigger;
use futures::future::{join, try_join};
use jiff::Timestamp;
use runtime::bus_event::BusEvent;
use runtime::config::{self, ConfigError, Services};
use runtime::logs::{self, Causes};
use runtime::metrics::{self, About, Metric};
use runtime::{Error, clock};

use crate::definition::Definition;
use crate::registry;

/// A trigger that the registry has no definition of.
#[derive(Debug, thiserror::Error)]
#[error("trigger {0} has no definition in the registry")]
pub struct NoDefinition(pub Trigger);

/// A fact that could not be planned. Lambda retries the event, and then sends it to the facts queue.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// DynamoDB returned an error.
    #[error("the rules or the event could not be read or written")]
    Store(#[from] StoreError),
    /// Some jobs were not accepted by SQS.
    #[error("the jobs could not be sent")]
    Queue(#[from] QueueError),
    /// A setting is missing in the deployment.
    #[error("the function is not configured")]
    Config(#[from] ConfigError),
}

/// The function of one trigger.
#[derive(Debug)]
pub struct Function {
    definition: &'static Definition,
    store: Store,
    queues: Queues,
    /// The deployed apps. A rule for another app gets a verdict, and does not stop the rules for these.
    catalog: Catalog,
    facts: FactsQueue,
    secret: DigestSecret,
}

impl Function {
    /// Reads the configuration and opens the connections during initialization, when Lambda provides a full core.
    pub async fn start(definition: &'static Definition) -> Result<Self, PlanError> {
        let services = Services::load()?;
        let function = Self {
            definition,
            store: services.store()?,
            queues: services.queues()?,
            catalog: services.catalog()?,
            facts: services.facts_queue()?,
            secret: config::digest_secret()?,
        };
        let (table, ()) = join(function.store.warm(), function.queues.warm()).await;
        if let Err(error) = table {
            tracing::warn!(error = %Causes(&error), "the table did not answer at start");
        }
        Ok(function)
    }

    /// Handles one event of the bus. On an error, Lambda retries the same event.
    pub async fn handle(&self, event: BusEvent) -> Result<(), Error> {
        match Fact::receive(&event.detail_type, event.detail.get(), clock::now()) {
            Ok(received) => Ok(self.plan(&received).await?),
            Err(error) => Ok(self.keep(&event, &error).await?),
        }
    }

    /// Plans a fact. Jobs are sent before the verdicts are stored, so stored verdicts prove that the jobs were sent.
    /// After a crash in between, the same jobs are sent again, and the ledger performs each of them once.
    async fn plan(&self, received: &Received<'_>) -> Result<(), PlanError> {
        let fact = &received.fact;
        let firings = (self.definition.fires)(fact);
        // A fact that fires no trigger at all is stored, so that its event can give the reason.
        if firings.is_empty() && !registry::fires_nothing(fact) {
            return Ok(());
        }
        let now = clock::now();
        let id = plan::event_id(&self.secret, fact);
        let m = &fact.common.marketplace_id;
        let trigger = self.definition.trigger;
        let about = About::Trigger(trigger);
        logs::about_fact(&id, m, trigger);

        // Where another trigger stores the fact, this one does nothing without rules, so it reads the event only if it
        // has found one.
        let products: Vec<ProductId> = products(fact, &firings);
        let rules = self.store.rules_for(m, trigger, &products, now);
        let known = self.known(fact, id, now);
        let (mut rules, known) = if self.definition.stored_by.is_none() {
            try_join(rules, known).await?
        } else {
            let rules = rules.await?;
            if rules.is_empty() {
                tracing::info!(firings = firings.len(), "no rule: nothing to do");
                return Ok(());
            }
            (rules, known.await?)
        };
        let Some(known) = known else {
            tracing::info!("the buyer was erased after the fact occurred: skipped");
            return Ok(());
        };
        if known == Known::Decided {
            metrics::count(about, Metric::FactsRepeated, 1);
            tracing::info!("the fact is a repetition: skipped");
            return Ok(());
        }
        let received_at = match known {
            Known::Stored { received_at, judged_at } => {
                // A repetition or a redrive does not fire newer rules; a replay with the current rules does.
                rules.retain(|rule| !rule.is_newer_than(judged_at));
                received_at
            }
            Known::Unknown | Known::Decided => now,
        };
        let draft = plan::draft(Input {
            fact,
            event: id,
            secret: &self.secret,
            detail: &received.text,
            received_at,
            trigger,
            firings: &firings,
            rules: &rules,
            catalog: &self.catalog,
        });

        let mut jobs = 0;
        self.queues.send(draft.jobs().inspect(|_| jobs += 1)).await?;
        let verdicts: Vec<_> = draft.verdicts().collect();
        let seen = self.received_fact(received, id, now);
        let decision = match (verdicts.is_empty(), known) {
            // No rule was read, and this trigger or another one stores the fact: no verdicts to add.
            (true, Known::Stored { .. } | Known::Decided) => None,
            (true, Known::Unknown) if self.definition.stored_by.is_some() => None,
            (true, Known::Unknown) => Some(EventWrite::Fact),
            (false, _) => Some(EventWrite::Verdicts(trigger, &verdicts)),
        };
        if let Some(decision) = decision
            && self.store.record_event(&seen, decision).await? == Recorded::Decided
        {
            tracing::info!("the fact was planned twice at the same time: the first verdicts stay");
        }
        tracing::info!(firings = firings.len(), rules = rules.len(), jobs, "planned");
        Ok(())
    }

    /// The stored state of the fact; `None` if its buyer was erased after it occurred.
    async fn known(&self, fact: &Fact, id: EventId, now: Timestamp) -> Result<Option<Known>, StoreError> {
        let m = &fact.common.marketplace_id;
        let known = self.store.known(m, &id, self.definition.trigger, now);
        let erased = self.store.is_erased(m, id.buyer, fact.common.occurred_at, now);
        let (known, erased) = try_join(known, erased).await?;
        Ok(Some(known).filter(|known| *known != Known::Unknown || !erased))
    }

    fn received_fact<'a>(&self, received: &'a Received<'_>, id: EventId, now: Timestamp) -> FactReceived<'a> {
        let common = &received.fact.common;
        FactReceived {
            id,
            marketplace: &common.marketplace_id,
            fact_id: common.id.as_str(),
            // Prospect Abandoned is internal: merchants see the fact that was published.
            detail_type: self.definition.fact.published().detail_type(),
            email: common.customer.email.as_str(),
            detail: &received.text,
            now,
        }
    }

    /// Sends a fact that violates the contract to the facts queue, with the reason. A retry would fail again, so the
    /// invocation succeeds.
    async fn keep(&self, event: &BusEvent, error: &FactError) -> Result<(), PlanError> {
        metrics::count(About::Trigger(self.definition.trigger), Metric::FactsRejected, 1);
        tracing::warn!(
            bus_event = event.id,
            detail_type = event.detail_type,
            trigger = %self.definition.trigger,
            place = error.place(),
            "a fact breaks the contract and is kept in the facts queue"
        );
        Ok(self.facts.keep(event, &error.to_string(), Some(self.definition.trigger)).await?)
    }
}

/// The products that product rules can name, without repetitions.
fn products(fact: &Fact, firings: &[Subject]) -> Vec<ProductId> {
    let mut products: Vec<_> = firings.iter().flat_map(|subject| subject.products(fact)).cloned().collect();
    products.sort();
    products.dedup();
    products
}
