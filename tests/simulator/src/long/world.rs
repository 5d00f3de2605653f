//! The world of a long history: AWS, the apps, the functions and the merchants.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use domain::app::App;
use domain::digest::DigestSecret;
use domain::id::{MarketplaceId, RuleId};
use jiff::Timestamp;
use operations::Engine;

use super::apps::Apps;
use super::facts::FactSpec;
use super::functions;
use super::history::History;
use super::outages::Outages;
use super::process::{Host, Process};
use super::shop::{self, BEGIN, MARKETPLACES, SANDBOX, STORED};
use super::stored;
use super::sweeper::{self, TABLE};
use super::tenants;
use super::time::Busy;
use crate::aws::functions::Lambda;
use crate::aws::{Aws, Clock, Deployment, DueIndex, Faults, Strike, Value};
use crate::coverage::Reached;
use crate::report::Run;

/// The longest time after the faults have ended in which everything must settle: the last waits of the retry schedule,
/// spread by a fifth, and the time limits of messages.
const SETTLES_IN: Duration = Duration::from_hours(96);

const TEMPLATE: &str = include_str!("../../../../infra/template.yaml");

/// The beginning of the standing of an account whose credentials its app refused, in the table.
const REFUSED: &str = "NEEDS_RECONNECT#";

/// How often the world is asked whether everything has settled.
const LOOK: Duration = Duration::from_mins(10);

/// The template is the same for every history.
static DEPLOYMENT: LazyLock<Deployment> = LazyLock::new(deployment);

/// # Panics
/// The template cannot be read.
#[expect(clippy::expect_used, reason = "a test of the AWS in memory reads the template")]
fn deployment() -> Deployment {
    Deployment::read(TEMPLATE, &[("SandboxUrl", SANDBOX), ("Apps", "kit,mailchimp,webhook,highlevel")])
        .expect("a template")
}

/// A marketplace.
pub(super) struct Shop {
    /// Its number.
    pub(super) number: usize,
    pub(super) id: MarketplaceId,
    pub(super) facts: Vec<FactSpec>,
    /// The rules by their number, and whether each has its other version.
    pub(super) rules: RefCell<BTreeMap<usize, (RuleId, bool)>>,
    /// The facts that were published.
    pub(super) published: RefCell<Vec<usize>>,
    /// When the account of an app was last deleted: the begin and the end. The ledger forgets the account's effects.
    pub(super) deleted: RefCell<BTreeMap<App, (Timestamp, Timestamp)>>,
}

impl Shop {
    /// The rule that this number names, counted round.
    pub(super) fn nth_rule(&self, nth: usize) -> Option<(usize, RuleId, bool)> {
        let rules = self.rules.borrow();
        let (number, (id, other)) = rules.iter().nth(nth % rules.len().max(1))?;
        Some((*number, id.clone(), *other))
    }
}

/// A history that is running.
pub(super) struct World {
    pub(super) aws: Aws,
    pub(super) apps: Arc<Apps>,
    pub(super) lambda: Lambda,
    host: Host,
    /// The process of the API and of the operator, which the faults of AWS concern.
    pub(super) operator: Process,
    /// A process that no fault concerns.
    pub(super) inspector: Process,
    pub(super) engine: Engine,
    pub(super) looking: Engine,
    pub(super) secret: DigestSecret,
    /// By number.
    pub(super) shops: Vec<Shop>,
    pub(super) time: Busy,
    /// How often an account was connected.
    pub(super) connections: Cell<u32>,
    /// Whether AWS and the apps fail at present.
    pub(super) has_faults: Cell<bool>,
    /// Whether version 0.1.0 was replaced, so that its items are stored.
    pub(super) deployed: Cell<bool>,
    pub(super) reached: Reached,
    timeline: Option<RefCell<Vec<(Timestamp, String)>>>,
}

impl World {
    /// Deploys the engine and opens the marketplaces, without faults.
    ///
    /// # Panics
    /// A marketplace cannot be opened.
    #[expect(clippy::expect_used, reason = "without marketplaces there is no history")]
    pub(super) async fn open(history: &History, traced: bool) -> Self {
        let clock = Clock::starting_at(BEGIN);
        let aws = Aws::new(history.seed, clock.clone());
        let deployment = &*DEPLOYMENT;
        aws.deploy(deployment);
        aws.set_faults(Faults::NONE);
        let registration = r#"{"client_id":"engine","client_secret":"a-secret-of-the-registration"}"#;
        aws.set_secret("integration-engine/oauth/highlevel", registration);
        let sweeper = &deployment.functions["Sweeper"].name;
        aws.skip_idle(sweeper, DueIndex { table: TABLE, index: sweeper::DUE, is_due: sweeper::is_due });
        let reached = Reached::default();
        let apps = Arc::new(Apps::new(history.seed, clock, history.tokens, reached.clone(), traced));
        let (checked, outages) = (Arc::clone(&apps), Outages::of(history));
        aws.strike(move |call| {
            if let Some(other) = tenants::crossed(call) {
                checked.breaks(format!("{:?} {} concerns {other}", call.service, call.operation));
            }
            let refuses = checked.has_faults() && outages.has(call.service, checked.now());
            refuses.then_some(Strike::Refuse)
        });
        let host = Host::new(history.seed, aws.clone(), Arc::clone(&apps));
        let lambda = Lambda::start(&aws);
        functions::deploy(&host, &lambda, deployment, &reached);
        let environment = &deployment.functions["Operator"].environment;
        let (operator, inspector) = (host.process(environment), host.inspector(environment));
        let engine = async || {
            let services = runtime::config::Services::load()?;
            Engine::from_environment(&services)
        };
        let merchants =
            history.merchants.iter().cloned().chain(std::iter::repeat_with(super::Merchant::default));
        let open = |(number, (name, merchant)): (usize, (&&str, super::Merchant))| Shop {
            number,
            id: name.parse().expect("a marketplace"),
            facts: merchant.facts,
            rules: RefCell::default(),
            published: RefCell::default(),
            deleted: RefCell::default(),
        };
        let world = Self {
            engine: operator.run(engine()).await.expect("the environment of the API"),
            looking: inspector.run(engine()).await.expect("the environment of the API"),
            secret: inspector.run(async { runtime::config::digest_secret() }).await.expect("a secret"),
            shops: MARKETPLACES.iter().zip(merchants).enumerate().map(open).collect(),
            time: history.time,
            connections: Cell::new(0),
            has_faults: Cell::new(false),
            deployed: Cell::new(false),
            timeline: traced.then(RefCell::default),
            host,
            aws,
            apps,
            lambda,
            operator,
            inspector,
            reached,
        };
        for (shop, app) in world.accounts() {
            world.inspector.run(world.connect(&world.looking, shop, app)).await;
        }
        for (shop, merchant) in world.shops.iter().zip(&history.merchants) {
            for nth in &merchant.rules {
                world.inspector.run(world.create_rule(shop, *nth)).await;
            }
        }
        world.aws.set_faults(if history.harsh { Faults::HARSH } else { Faults::CALM });
        world.apps.begin_faults();
        world.has_faults.set(true);
        world
    }

    /// The accounts of all marketplaces.
    fn accounts(&self) -> impl Iterator<Item = (&Shop, App)> {
        self.shops.iter().flat_map(|shop| {
            let apps = if shop.number == STORED { &shop::STORED_APPS[..] } else { &shop::APPS[..] };
            apps.iter().map(move |app| (shop, *app))
        })
    }

    /// Replaces the sandboxes of all functions. The first time, version 0.1.0 ran before: its items and messages are stored.
    pub(super) fn deploy(&self) {
        if !self.deployed.replace(true) {
            stored::store(&self.aws);
        }
        functions::deploy(&self.host, &self.lambda, &DEPLOYMENT, &self.reached);
    }

    /// From now on, nothing fails: credentials are replaced, pauses end, and what failed for good is sent again.
    pub(super) async fn end_faults(&self) {
        self.note(|| "no more faults: the rest runs to its end".to_owned());
        self.aws.set_faults(Faults::NONE);
        self.apps.end_faults();
        self.has_faults.set(false);
        for app in shop::APPS {
            self.inspector.run(self.resume(&self.looking, app)).await;
        }
        self.reconnect_refused().await;
        // A job of version 0.1.0 waits until its account is connected again.
        if self.deployed.get() {
            self.inspector.run(self.connect(&self.looking, &self.shops[STORED], App::WEBHOOK)).await;
        }
    }

    async fn reconnect_refused(&self) {
        // Reading every account through the SDK, every ten minutes, would take most of the time of the quiet days.
        let is_refused = |item: &crate::aws::Item| {
            let standing = item.get("fleet_sk").and_then(Value::text);
            standing.is_some_and(|standing| standing.starts_with(REFUSED))
        };
        if !self.aws.items(TABLE).iter().any(|item| is_refused(item)) {
            return;
        }
        for (shop, app) in self.accounts() {
            self.inspector.run(self.reconnect_if_refused(shop, app)).await;
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
        let timeline = lines.into_iter().map(line).collect();
        Run { violation, timeline, simulated, reached: self.reached.all() }
    }
}
