//! The world of a long history: AWS, the apps, the functions and the shop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use domain::digest::DigestSecret;
use domain::id::MarketplaceId;
use jiff::Timestamp;
use operations::Engine;

use super::apps::Apps;
use super::facts::FactSpec;
use super::functions::{self, Reached};
use super::history::History;
use super::process::{Host, Process};
use super::shop::{self, BEGIN, MARKETPLACE, SANDBOX};
use super::sweeper::TABLE;
use crate::aws::functions::Lambda;
use crate::aws::{Aws, Clock, Deployment, Faults, Value};
use crate::report::Run;

/// The longest time after the faults have ended in which everything must settle: the last waits of the retry schedule,
/// spread by a fifth, and the time limits of messages.
const SETTLES_IN: Duration = Duration::from_hours(96);

const TEMPLATE: &str = include_str!("../../../../infra/template.yaml");

/// How often the world is asked whether everything has settled.
const LOOK: Duration = Duration::from_mins(10);

/// The template is the same for every history.
static DEPLOYMENT: LazyLock<Deployment> = LazyLock::new(deployment);

/// # Panics
/// The template cannot be read.
#[expect(clippy::expect_used, reason = "a test of the AWS in memory reads the template")]
fn deployment() -> Deployment {
    Deployment::read(TEMPLATE, &[("SandboxUrl", SANDBOX), ("Apps", "kit,mailchimp,webhook")])
        .expect("a template")
}

/// A history that is running.
pub(super) struct World {
    pub(super) aws: Aws,
    pub(super) apps: Arc<Apps>,
    pub(super) lambda: Lambda,
    /// The process of the API and of the operator, which the faults of AWS concern.
    pub(super) operator: Process,
    /// A process that no fault concerns.
    pub(super) inspector: Process,
    pub(super) engine: Engine,
    pub(super) looking: Engine,
    pub(super) secret: DigestSecret,
    pub(super) shop: MarketplaceId,
    pub(super) facts: Vec<FactSpec>,
    pub(super) day: Duration,
    /// The rules by their number.
    pub(super) rules: RefCell<BTreeMap<usize, (domain::id::RuleId, bool)>>,
    /// How often each app's account was connected.
    pub(super) connections: Cell<u32>,
    /// The facts that were published.
    pub(super) published: RefCell<Vec<usize>>,
    /// Whether an account was deleted: the ledger forgets its effects.
    pub(super) deleted: Cell<bool>,
    pub(super) reached: Reached,
    timeline: Option<RefCell<Vec<(Timestamp, String)>>>,
}

impl World {
    /// Deploys the engine and opens the shop, without faults.
    ///
    /// # Panics
    /// The shop cannot be opened.
    #[expect(clippy::expect_used, reason = "without a shop there is no history")]
    pub(super) async fn open(history: &History, traced: bool) -> Self {
        let clock = Clock::starting_at(BEGIN);
        let aws = Aws::new(history.seed, clock.clone());
        let deployment = &*DEPLOYMENT;
        aws.deploy(deployment);
        aws.set_faults(Faults::NONE);
        let apps = Arc::new(Apps::new(history.seed, clock, traced));
        let host = Host::new(history.seed, aws.clone(), Arc::clone(&apps));
        let lambda = Lambda::start(&aws);
        let reached = Reached::default();
        functions::deploy(&host, &lambda, deployment, &reached);
        let environment = &deployment.functions["Operator"].environment;
        let (operator, inspector) = (host.process(environment), host.inspector(environment));
        let engine = async || {
            let services = runtime::config::Services::load().await;
            Engine::from_environment(&services)
        };
        let world = Self {
            engine: operator.run(engine()).await.expect("the environment of the API"),
            looking: inspector.run(engine()).await.expect("the environment of the API"),
            secret: inspector.run(async { runtime::config::digest_secret() }).await.expect("a secret"),
            shop: MARKETPLACE.parse().expect("a marketplace"),
            facts: history.facts.clone(),
            day: history.day,
            rules: RefCell::default(),
            connections: Cell::new(0),
            published: RefCell::default(),
            deleted: Cell::new(false),
            timeline: traced.then(RefCell::default),
            aws,
            apps,
            lambda,
            operator,
            inspector,
            reached,
        };
        for app in shop::APPS {
            world.inspector.run(world.connect(&world.looking, app)).await;
        }
        for nth in &history.rules {
            world.inspector.run(world.create_rule(*nth)).await;
        }
        world.aws.set_faults(if history.harsh { Faults::HARSH } else { Faults::CALM });
        world
    }

    /// From now on, nothing fails: credentials are replaced, pauses end, and what failed for good is sent again.
    pub(super) async fn end_faults(&self) {
        self.note(|| "no more faults: the rest runs to its end".to_owned());
        self.aws.set_faults(Faults::NONE);
        self.apps.end_faults();
        for app in shop::APPS {
            self.inspector.run(self.resume(&self.looking, app)).await;
        }
        self.reconnect_refused().await;
    }

    async fn reconnect_refused(&self) {
        for app in shop::APPS {
            self.inspector.run(self.reconnect_if_refused(app)).await;
        }
    }

    /// Runs until everything has settled; `false`: something has not.
    pub(super) async fn settle(&self) -> bool {
        let end = tokio::time::Instant::now() + SETTLES_IN;
        loop {
            tokio::time::sleep(LOOK).await;
            // A call that began before the faults ended may have been refused since.
            self.reconnect_refused().await;
            if self.is_settled() {
                // Facts and jobs that failed before the faults ended are returned, as an operator would do after an alarm.
                if self.inspector.run(self.redrive(&self.looking)).await == 0 {
                    return true;
                }
            } else if tokio::time::Instant::now() > end {
                return false;
            }
        }
    }

    /// Whether nothing runs, nothing is queued, and no job waits in the table.
    fn is_settled(&self) -> bool {
        let waits = |item: &crate::aws::Item| item.get("due_pk").and_then(Value::text).is_some();
        let requests = |item: &crate::aws::Item| item.get("due_pk").and_then(Value::text) == Some("REQUESTS");
        self.lambda.is_idle()
            && self.aws.schedules().is_empty()
            && !self.aws.items(TABLE).iter().any(|item| waits(item) && !requests(item))
    }

    /// Adds a line to the timeline.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if let Some(timeline) = &self.timeline {
            timeline.borrow_mut().push((self.aws.now(), what()));
        }
    }

    /// The result of the history.
    pub(super) fn into_run(self, violation: Option<String>, simulated: Duration) -> Run {
        let mut lines = self.timeline.map(RefCell::into_inner).unwrap_or_default();
        lines.extend(self.apps.timeline());
        lines.sort_by_key(|(at, _)| *at);
        let line = |(at, what): (Timestamp, String)| {
            let passed = at.duration_since(BEGIN);
            format!("{:>9.1} s  {what}", passed.as_secs_f64())
        };
        let reached = Rc::try_unwrap(self.reached).map(RefCell::into_inner);
        Run {
            violation,
            timeline: lines.into_iter().map(line).collect(),
            simulated,
            reached: reached.unwrap_or_else(|shared| shared.borrow().clone()),
        }
    }
}
