//! Waits two hours for a prospect to buy: creates a one-time schedule when the fact arrives, and checks the buyer's
//! purchases when the delay ends.
//!
//! The function is invoked twice: by the bus with the fact, and by EventBridge Scheduler with the same fact after the
//! delay. Purchases need no records of their own: they are stored in the buyer's timeline, so the order in which the
//! two facts arrive does not matter.

use aws::bus::{Bus, BusError, ENGINE_SOURCE};
use aws::queue::{FactsQueue, QueueError};
use aws::schedules::{ScheduleError, Scheduled, Schedules, Set};
use aws::store::{EventWrite, FactReceived, Store, StoreError};
use domain::digest::DigestSecret;
use domain::fact::prospect::TimerNames;
use domain::fact::{Body, Fact, FactError, FactKind, Item, Received};
use domain::id::EventId;
use domain::log::Timer;
use domain::plan;
use domain::time;
use domain::trigger::Trigger;
use futures::future::join;
use jiff::{SignedDuration, Timestamp};
use runtime::bus_event::BusEvent;
use runtime::config::{self, ConfigError, Services};
use runtime::logs::{self, Causes};
use runtime::metrics::{self, About, Metric};
use runtime::{Error, clock};
use serde::{Deserialize, Serialize};

/// A buyer who bought the product up to this long before the prospect has not abandoned it: the checkout page was still
/// open, or the clocks differ.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(2);

/// The trigger that the function's metrics are about.
const PROSPECTS: About = About::Trigger(Trigger::ProspectCreated);

/// The function's input: an EventBridge event, which has a `detail-type`, or the input of a schedule, which has
/// `matured`.
#[derive(Debug, Deserialize)]
pub struct Invocation {
    matured: Option<BusEvent>,
    #[serde(default)]
    id: String,
    #[serde(default)]
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Box<serde_json::value::RawValue>>,
}

/// The input of a prospect's schedule.
#[derive(Serialize)]
struct Matured<'a> {
    matured: &'a BusEvent,
}

/// A prospect that could not be handled. The invocation fails, and Lambda retries it.
#[derive(Debug, thiserror::Error)]
enum ProspectError {
    #[error("the event could not be read or written")]
    Store(#[from] StoreError),
    #[error("the timer's input could not be written")]
    Input(#[from] serde_json::Error),
    #[error("the prospect's schedule could not be read or created")]
    Schedule(#[from] ScheduleError),
    #[error("the abandoned prospect could not be published")]
    Bus(#[from] BusError),
    #[error("the rejected fact could not be sent to the facts queue")]
    Queue(#[from] QueueError),
    #[error("the input is neither an EventBridge event nor a matured prospect")]
    Unknown,
    #[error("the schedule `{name}` does not hold a prospect")]
    Foreign { name: String },
}

/// The function's services.
#[derive(Debug)]
pub struct Function {
    store: Store,
    schedules: Schedules,
    bus: Bus,
    facts: FactsQueue,
    delay: SignedDuration,
    secret: DigestSecret,
}

impl Function {
    /// Reads the configuration and opens the connections during initialization, when Lambda provides a full core.
    pub async fn start() -> Result<Self, ConfigError> {
        let services = Services::load()?;
        let function = Self {
            store: services.store()?,
            schedules: services.schedules()?,
            bus: services.bus()?,
            facts: services.facts_queue()?,
            delay: SignedDuration::from_secs(config::parsed("PROSPECT_DELAY_SECONDS")?),
            secret: config::digest_secret()?,
        };
        let (table, ()) = join(function.store.warm(), function.schedules.warm()).await;
        if let Err(error) = table {
            tracing::warn!(error = %Causes(&error), "the table did not answer at start");
        }
        Ok(function)
    }

    /// Handles one invocation. On an error, Lambda retries the same input.
    pub async fn handle(&self, invocation: Invocation, own_arn: &str) -> Result<(), Error> {
        let (matured, event) = match (invocation.matured, invocation.detail_type, invocation.detail) {
            (Some(event), _, _) => (true, event),
            (None, Some(detail_type), Some(detail)) => {
                (false, BusEvent { id: invocation.id, source: invocation.source, detail_type, detail })
            }
            _ => return Err(ProspectError::Unknown.into()),
        };
        match read_prospect(&event, clock::now()) {
            Ok((received, item)) if matured => self.mature(&received, &item).await?,
            Ok((received, item)) => self.wait(&received, &item, &event, own_arn).await?,
            Err(error) => self.keep(&event, &error).await?,
        }
        Ok(())
    }

    /// Starts a timer, or joins the running timer of the same buyer and product.
    async fn wait(
        &self,
        received: &Received<'_>,
        item: &Item,
        event: &BusEvent,
        own_arn: &str,
    ) -> Result<(), ProspectError> {
        let fact = &received.fact;
        let now = clock::now();
        let m = &fact.common.marketplace_id;
        let id = plan::event_id(&self.secret, fact);
        logs::about_fact(&id, m, Trigger::ProspectCreated);
        if self.store.event(m, &id, now).await?.is_some() {
            metrics::count(PROSPECTS, Metric::FactsRepeated, 1);
            tracing::info!("the prospect is a repetition: skipped");
            return Ok(());
        }
        if self.store.is_erased(m, id.buyer, fact.common.occurred_at, now).await? {
            tracing::info!("the buyer was erased after the fact occurred: skipped");
            return Ok(());
        }
        let (product, test_mode) = (&item.product_id, fact.common.test_mode);
        let names = TimerNames::at(now, self.delay, m, id.buyer, product, test_mode);
        let earlier = self.schedules.find(&names.last).await?.filter(|earlier| earlier.ends_at > now);
        let timer = if let Some(earlier) = earlier {
            self.timer_of(names.last, &earlier, id)?
        } else {
            let fires_at = time::after(now, self.delay);
            let input = serde_json::to_string(&Matured { matured: event })?;
            match self.schedules.once(&names.this, fires_at, own_arn, input).await? {
                Set::New => {
                    metrics::count(PROSPECTS, Metric::ProspectsScheduled, 1);
                    Timer::Waiting { fires_at, name: names.this }
                }
                Set::Already(running) => self.timer_of(names.this, &running, id)?,
            }
        };
        tracing::info!(?timer, "a prospect waits");
        self.store.record_event(&received_fact(received, id, now), EventWrite::Timer(&timer)).await?;
        Ok(())
    }

    /// Publishes the prospect as abandoned unless the buyer has bought the product. A live prospect counts live
    /// purchases only, a test prospect counts test purchases only.
    async fn mature(&self, received: &Received<'_>, item: &Item) -> Result<(), ProspectError> {
        let fact = &received.fact;
        let now = clock::now();
        let m = &fact.common.marketplace_id;
        let id = plan::event_id(&self.secret, fact);
        logs::about_fact(&id, m, Trigger::ProspectCreated);
        if self.store.is_erased(m, id.buyer, fact.common.occurred_at, now).await? {
            tracing::info!("the buyer was erased after the fact occurred: skipped");
            return Ok(());
        }
        let since = time::before(fact.common.occurred_at, LOOK_BACK);
        let (events, _) = self.store.buyer_timeline(m, id.buyer, since, now).await?;
        let waited = events.iter().find(|event| event.id == id).and_then(|event| event.timer.as_ref());
        let fires_at = match waited {
            Some(Timer::Fired { .. } | Timer::Bought { .. }) => {
                tracing::info!("the end of the delay is a repetition: skipped");
                return Ok(());
            }
            Some(Timer::Waiting { fires_at, .. }) => *fires_at,
            Some(Timer::Joined { .. }) | None => now,
        };
        let purchase = events.into_iter().find(|event| {
            Fact::parse(&event.detail_type, &event.detail).is_ok_and(|purchase| {
                purchase.common.test_mode == fact.common.test_mode && plan::buys(&purchase, &item.product_id)
            })
        });
        let timer = if let Some(purchase) = purchase {
            metrics::count(PROSPECTS, Metric::ProspectsBought, 1);
            Timer::Bought { event: purchase.id }
        } else {
            let name = FactKind::ProspectAbandoned.detail_type();
            self.bus.publish(ENGINE_SOURCE, name, &received.text).await?;
            metrics::count(PROSPECTS, Metric::ProspectsFired, 1);
            Timer::Fired { at: fires_at }
        };
        tracing::info!(?timer, "a prospect's delay has passed");
        self.store.record_event(&received_fact(received, id, now), EventWrite::Timer(&timer)).await?;
        Ok(())
    }

    /// The timer of the prospect `own` if a schedule is running already. The schedule may be its own: the invocation is a
    /// repetition, or an earlier one failed before it stored the event.
    fn timer_of(&self, name: String, running: &Scheduled, own: EventId) -> Result<Timer, ProspectError> {
        let invocation: Option<Invocation> = serde_json::from_str(&running.input).ok();
        let prospect = invocation
            .and_then(|invocation| invocation.matured)
            .and_then(|event| Fact::parse(&event.detail_type, event.detail.get()).ok());
        match prospect.map(|fact| plan::event_id(&self.secret, &fact)) {
            Some(event) if event == own => Ok(Timer::Waiting { fires_at: running.ends_at, name }),
            Some(event) => Ok(Timer::Joined { name, event }),
            None => Err(ProspectError::Foreign { name }),
        }
    }

    async fn keep(&self, event: &BusEvent, error: &FactError) -> Result<(), ProspectError> {
        metrics::count(PROSPECTS, Metric::FactsRejected, 1);
        tracing::warn!(
            place = error.place(),
            "a prospect breaks the contract and is kept in the facts queue"
        );
        Ok(self.facts.keep(event, &error.to_string(), Some(Trigger::ProspectCreated)).await?)
    }
}

fn read_prospect(event: &BusEvent, now: Timestamp) -> Result<(Received<'_>, Item), FactError> {
    let received = Fact::receive(&event.detail_type, event.detail.get(), now)?;
    match &received.fact.body {
        Body::ProspectCreated(prospect) => {
            let item = prospect.item.clone();
            Ok((received, item))
        }
        _ => Err(FactError::UnknownDetailType { found: event.detail_type.clone() }),
    }
}

fn received_fact<'a>(received: &'a Received<'_>, id: EventId, now: Timestamp) -> FactReceived<'a> {
    let common = &received.fact.common;
    FactReceived {
        id,
        marketplace: &common.marketplace_id,
        fact_id: common.id.as_str(),
        detail_type: FactKind::ProspectCreated.detail_type(),
        email: common.customer.email.as_str(),
        detail: &received.text,
        now,
    }
}
