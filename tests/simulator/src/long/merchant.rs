//! The steps: facts, faults, and the operations of the merchant and the operator.

use std::fmt::Debug;

use domain::app::App;
use domain::integration::Connection;
use domain::pause::Note;
use domain::plan;
use jiff::Timestamp;
use operations::Engine;
use operations::actions::{Retried, Retry};
use operations::integrations::{ConnectInput, ConnectTarget, etag};
use operations::replays::{self, ReplayRequest, RuleSource, Selection};
use operations::rules::Expected;
use runtime::clock;

use super::history::Step;
use super::shop;
use super::world::World;
use crate::aws::Value;

/// The most messages that an operator returns at once.
const MOST: usize = 100;

impl World {
    /// Plays a step in the operator's process.
    pub(super) async fn play(&self, step: &Step) {
        self.note(|| step.to_string());
        self.operator.run(self.act(step)).await;
    }

    async fn act(&self, step: &Step) {
        let app = |nth: usize| shop::APPS[nth % shop::APPS.len()];
        match step {
            Step::Publish(nth) => self.publish(*nth).await,
            Step::Faults(nth, mood, lasting) => {
                let until = self.aws.now().checked_add(*lasting).unwrap_or(Timestamp::MAX);
                self.apps.set_mood(app(*nth).key(), *mood, until);
            }
            Step::Reconnect(nth) => self.connect(&self.engine, app(*nth)).await,
            Step::Delete(nth) => self.delete(app(*nth)).await,
            Step::Switch(nth) => self.switch(*nth).await,
            Step::Edit(nth) => self.edit(*nth).await,
            Step::Pause(nth) => {
                let Ok(note) = Note::new("It is down.") else { return };
                let pause = async || self.engine.fleet().pause(app(*nth), &note, clock::now()).await;
                self.persists("pause", pause).await;
            }
            Step::Resume(nth) => self.resume(&self.engine, app(*nth)).await,
            Step::Replay { fact, as_sent } => self.replay(*fact, *as_sent).await,
            Step::Retry(nth) => self.retry(*nth).await,
            Step::Erase(fact) => self.erase(*fact).await,
            Step::Redrive => {
                self.redrive(&self.engine).await;
            }
        }
    }

    /// Repeats a request that failed, as a person does, a few times.
    async fn persists<T, E: Debug>(&self, what: &str, request: impl AsyncFn() -> Result<T, E>) -> Option<T> {
        for _ in 0..4 {
            match request().await {
                Ok(answer) => return Some(answer),
                Err(error) => self.note(|| format!("{what} failed: {error:?}")),
            }
        }
        None
    }

    async fn publish(&self, nth: usize) {
        let Some(fact) = self.facts.get(nth) else { return };
        let (kind, detail) = fact.published(self.day);
        let publish = async || self.engine.facts().publish("commerce", kind, &detail).await;
        if self.persists("publish", publish).await.is_some() {
            self.published.borrow_mut().push(nth);
        }
    }

    /// Connects the shop's account of an app, or connects it again with other credentials.
    pub(super) async fn connect(&self, engine: &Engine, app: App) {
        self.connections.set(self.connections.get() + 1);
        let connect = async || {
            let (now, m) = (clock::now(), &self.shop);
            let Some(id) = shop::account(app) else { return Ok(()) };
            let (method, credentials) = shop::credentials(app, self.connections.get());
            let integrations = engine.integrations();
            if let Some(before) = integrations.get(m, &id, now).await? {
                let method = Some(method.to_owned());
                integrations.reconnect(m, &id, &etag(&before), method, credentials, now).await?;
                return Ok(());
            }
            let input = ConnectInput {
                marketplace: m.clone(),
                app,
                place: ConnectTarget::Id(id, app.label().to_owned()),
                method: Some(method.to_owned()),
                credentials,
            };
            integrations.connect(input, now).await.map(drop)
        };
        if self.persists("connect", connect).await.is_some() {
            self.apps.forget_limits();
        }
    }

    /// Connects an account again if its app refuses its credentials.
    pub(super) async fn reconnect_if_refused(&self, app: App) {
        let Some(id) = shop::account(app) else { return };
        let account = self.looking.integrations().get(&self.shop, &id, clock::now()).await;
        if account.ok().flatten().is_some_and(|account| account.connection != Connection::Connected) {
            self.connect(&self.looking, app).await;
        }
    }

    async fn delete(&self, app: App) {
        let Some(id) = shop::account(app) else { return };
        self.deleted.set(true);
        let delete =
            async || self.engine.integrations().disconnect(&self.shop, &id, None, clock::now()).await;
        self.persists("delete", delete).await;
    }

    /// Creates a rule of the shop.
    pub(super) async fn create_rule(&self, nth: usize) {
        let Some(input) = shop::rule(nth, false) else { return };
        let create = async || self.looking.rules().create(&self.shop, input.clone(), clock::now()).await;
        if let Some(saved) = self.persists("create a rule", create).await {
            self.rules.borrow_mut().insert(nth, (saved.stored.rule.id, false));
        }
    }

    fn nth_rule(&self, nth: usize) -> Option<(usize, domain::id::RuleId, bool)> {
        let rules = self.rules.borrow();
        let (number, (id, other)) = rules.iter().nth(nth % rules.len().max(1))?;
        Some((*number, id.clone(), *other))
    }

    async fn switch(&self, nth: usize) {
        let Some((_, id, _)) = self.nth_rule(nth) else { return };
        let switch = async || {
            let (rules, now) = (self.engine.rules(), clock::now());
            let Some(rule) = rules.get(&self.shop, &id, now).await? else { return Ok(()) };
            let is_on = rule.rule.enabled;
            rules.switch(&self.shop, &id, !is_on, Expected::Version(&rule.etag), now).await.map(drop)
        };
        self.persists("switch", switch).await;
    }

    async fn edit(&self, nth: usize) {
        let Some((number, id, other)) = self.nth_rule(nth) else { return };
        let Some(input) = shop::rule(number, !other) else { return };
        let edit = async || {
            let rules = self.engine.rules();
            rules.replace(&self.shop, &id, input.clone(), Expected::Any, clock::now()).await
        };
        if self.persists("edit", edit).await.is_some() {
            self.rules.borrow_mut().insert(number, (id.clone(), !other));
        }
    }

    pub(super) async fn resume(&self, engine: &Engine, app: App) {
        self.persists("resume", async || engine.fleet().resume(app, clock::now()).await).await;
    }

    async fn replay(&self, fact: usize, as_sent: bool) {
        let Some(fact) = self.facts.get(fact).and_then(|fact| fact.read(self.day)) else { return };
        let event = plan::event_id(&self.secret, &fact);
        let replay = async || {
            let (replays, now) = (self.engine.replays(), clock::now());
            let request = ReplayRequest {
                selection: Selection::default(),
                by: if as_sent { RuleSource::AsSent } else { RuleSource::Current },
                forced: false,
                run: replays::run(),
            };
            let prepared = replays.prepare(&self.secret, &self.shop, &[event], &request, now).await?;
            replays.send(&self.shop, &prepared, now).await
        };
        self.persists("replay", replay).await;
    }

    async fn retry(&self, nth: usize) {
        let jobs = self.jobs();
        let Some(job) = jobs.get(nth % jobs.len().max(1)).copied() else { return };
        self.apps.forget_limits();
        let retry = async || {
            let asked = Retry { job, forced: false, run: replays::run() };
            self.engine.actions().retry(&self.secret, &self.shop, asked, clock::now()).await
        };
        let retried: Option<Retried> = self.persists("retry", retry).await;
        self.note(|| format!("retry of {job}: {retried:?}"));
    }

    /// The stored jobs, in the order of their keys.
    pub(super) fn jobs(&self) -> Vec<domain::id::JobId> {
        let text = |item: &crate::aws::Item, name: &str| {
            item.get(name).and_then(Value::text).unwrap_or_default().to_owned()
        };
        let id = |item: &crate::aws::Item| {
            let (pk, sk) = (text(item, "pk"), text(item, "sk"));
            let (_, buyer) = pk.split_once("#BUYER#")?;
            let [at, fact, part] = sk.split('#').collect::<Vec<_>>()[..] else { return None };
            let at = domain::id::time_of_key(at).ok()?;
            let event = domain::id::EventId::new(at, buyer.parse().ok()?, fact.parse().ok()?);
            Some(domain::id::JobId { event, part: part.parse().ok()? })
        };
        self.aws.items(super::sweeper::TABLE).iter().filter_map(|item| id(item)).collect()
    }

    /// Whether a buyer was erased.
    pub(super) fn is_erased(&self, buyer: domain::id::BuyerKey) -> bool {
        let marker = format!("ERASED#{buyer}");
        let text = |item: &crate::aws::Item| item.get("sk").and_then(Value::text) == Some(marker.as_str());
        self.aws.items(super::sweeper::TABLE).iter().any(|item| text(item))
    }

    async fn erase(&self, fact: usize) {
        let Some(fact) = self.facts.get(fact).and_then(|fact| fact.read(self.day)) else { return };
        let buyer = plan::event_id(&self.secret, &fact).buyer;
        // The answer says when the request must be repeated, so that work in progress is erased too.
        for _ in 0..5 {
            let erase = async || self.engine.buyers().erase(&self.shop, buyer, clock::now()).await;
            if self.persists("erase", erase).await.is_none_or(|erasure| erasure.complete) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_mins(2)).await;
        }
    }

    /// Returns what failed for good to its queue or function, and counts it.
    pub(super) async fn redrive(&self, engine: &Engine) -> usize {
        let facts = self.persists("redrive facts", async || engine.facts().redrive(MOST).await).await;
        let mut moved = facts.map_or(0, |facts| facts.moved);
        for app in shop::APPS {
            let redrive = async || engine.fleet().redrive(app, MOST, None).await;
            moved += self.persists("redrive jobs", redrive).await.map_or(0, |jobs| jobs.moved);
        }
        moved
    }
}
