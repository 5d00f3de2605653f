//! The steps: facts, faults, and the operations of the merchants and the operator.

use std::fmt::Debug;

use domain::app::App;
use domain::integration::Connection;
use domain::pause::Note;
use domain::plan;
use jiff::Timestamp;
use operations::Engine;
use operations::actions::{Retried, Retry};
use operations::integrations::{ConnectError, ConnectInput, ConnectTarget, etag};
use operations::replays::{self, ReplayRequest, RuleSource, Selection};
use operations::rules::Expected;
use runtime::clock;

use super::history::Step;
use super::shop::{self, MARKETPLACES, MERCHANTS};
use super::tenants::Tenants;
use super::world::{Shop, World};
use crate::aws::Value;
use crate::coverage;
use crate::refusal::{self, Refuses};

/// The most messages that an operator returns at once.
const MOST: usize = 100;
/// The address that an app returns a merchant to after a login.
const REDIRECT: &str = "https://engine.example.com/oauth/highlevel/callback";

impl World {
    /// Plays a merchant's step in the operator's process.
    pub(super) async fn play(&self, merchant: usize, step: &Step) {
        let merchant = merchant % MERCHANTS;
        self.note(|| format!("{}: {step:?}", MARKETPLACES[merchant]));
        let tenants = match step {
            Step::Faults(..) | Step::Pause(_) | Step::Resume(_) | Step::Redrive | Step::Deploy => {
                Tenants::ALL
            }
            _ => Tenants::one(merchant),
        };
        self.operator.run(tenants.during(self.act(&self.shops[merchant], step))).await;
    }

    async fn act(&self, shop: &Shop, step: &Step) {
        let app = |nth: usize| shop::APPS[nth % shop::APPS.len()];
        match step {
            Step::Publish(nth) => self.publish(shop, *nth).await,
            Step::Faults(nth, mood, lasting) => {
                let until = self.aws.now().checked_add(*lasting).unwrap_or(Timestamp::MAX);
                self.apps.set_mood(app(*nth).key(), *mood, until);
            }
            Step::Reconnect(nth) => self.connect(&self.engine, shop, app(*nth)).await,
            Step::Delete(nth) => self.delete(shop, app(*nth)).await,
            Step::Switch(nth) => self.switch(shop, *nth).await,
            Step::Edit(nth) => self.edit(shop, *nth).await,
            Step::Pause(nth) => {
                let Ok(note) = Note::new("It is down.") else { return };
                let pause = async || self.engine.fleet().pause(app(*nth), &note, clock::now()).await;
                self.persists("pause", pause).await;
            }
            Step::Resume(nth) => self.resume(&self.engine, app(*nth)).await,
            Step::Replay { fact, as_sent } => self.replay(shop, *fact, *as_sent).await,
            Step::Retry(nth) => self.retry(shop, *nth).await,
            Step::Erase(fact) => self.erase(shop, *fact).await,
            Step::Redrive => {
                self.redrive(&self.engine).await;
            }
            Step::ExpireTokens => self.apps.expire_tokens(shop.number),
            Step::Deploy => self.deploy(),
        }
    }

    /// Repeats a request that failed, as a person does, a few times. A refusal that no history expects breaks this one, and
    /// so does a failure without faults.
    pub(super) async fn persists<T, E: Debug + Refuses>(
        &self,
        what: &str,
        request: impl AsyncFn() -> Result<T, E>,
    ) -> Option<T> {
        let mut failed = None;
        for _ in 0..4 {
            match request().await {
                Ok(answer) => return Some(answer),
                Err(error) => {
                    let (name, is_refused) = error.refusal();
                    self.reached.add(name);
                    self.note(|| format!("{what} failed: {error:?}"));
                    if is_refused && !refusal::is_expected(name) {
                        self.apps.breaks(format!("{what} was refused: {error:?}"));
                    }
                    if is_refused {
                        return None;
                    }
                    failed = Some(error);
                }
            }
        }
        if let Some(error) = failed.filter(|_| !self.has_faults.get()) {
            self.apps.breaks(format!("{what} failed without a fault: {error:?}"));
        }
        None
    }

    async fn publish(&self, shop: &Shop, nth: usize) {
        let Some(fact) = shop.facts.get(nth) else { return };
        let (kind, detail) = fact.published(shop.id.as_str(), self.time);
        let publish = async || self.engine.facts().publish("commerce", kind, &detail).await;
        if self.persists("publish", publish).await.is_some() {
            shop.published.borrow_mut().push(nth);
        }
    }

    /// Connects a marketplace's account of an app, or connects it again with other credentials.
    pub(super) async fn connect(&self, engine: &Engine, shop: &Shop, app: App) {
        self.connections.set(self.connections.get() + 1);
        let connect = async || {
            let (now, m) = (clock::now(), &shop.id);
            let Some(id) = shop::account(app) else { return Ok(()) };
            let (method, credentials) = shop::credentials(app, shop.number, self.connections.get());
            let integrations = engine.integrations();
            if app != App::HIGHLEVEL
                && let Some(before) = integrations.get(m, &id, now).await?
            {
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
            if app == App::HIGHLEVEL {
                return self.log_in(engine, shop, input).await;
            }
            integrations.connect(input, now).await.map(drop)
        };
        if self.persists("connect", connect).await.is_some() {
            self.apps.connected(app, shop.number);
        }
    }

    /// Connects an account by a login at its app, which the merchant allows.
    async fn log_in(&self, engine: &Engine, shop: &Shop, input: ConnectInput) -> Result<(), ConnectError> {
        let (app, integrations) = (input.app, engine.integrations());
        let begun = integrations.begin_login(input, REDIRECT.to_owned(), None, clock::now()).await?;
        let Some(parameters) = self.apps.allow(shop.number, &begun.url) else {
            self.apps.breaks(format!("{app} shows no page at {}", begun.url));
            return Ok(());
        };
        integrations.finish_login(app, Some(shop.id.clone()), parameters, clock::now()).await.map(drop)
    }

    /// Connects an account again if its app refuses its credentials.
    pub(super) async fn reconnect_if_refused(&self, shop: &Shop, app: App) {
        let Some(id) = shop::account(app) else { return };
        let account = self.looking.integrations().get(&shop.id, &id, clock::now()).await;
        let Some(account) = account.ok().flatten() else { return };
        self.reached.add(coverage::connection(&account.connection));
        let Connection::NeedsReconnect { reason, .. } = account.connection else { return };
        if !self.apps.may_refuse(app, shop.number) {
            let what = format!("{app} of {} needs to be connected again: {reason:?}", shop.id);
            self.apps.breaks(format!("{what}, and its app refused no credentials"));
        }
        self.connect(&self.looking, shop, app).await;
    }

    async fn delete(&self, shop: &Shop, app: App) {
        let Some(id) = shop::account(app) else { return };
        let began = self.aws.now();
        let delete = async || self.engine.integrations().disconnect(&shop.id, &id, None, clock::now()).await;
        self.persists("delete", delete).await;
        shop.deleted.borrow_mut().insert(app, (began, self.aws.now()));
    }

    /// Creates a rule of a merchant.
    pub(super) async fn create_rule(&self, shop: &Shop, nth: usize) {
        let Some(input) = shop::rule(nth, false) else { return };
        let create = async || self.looking.rules().create(&shop.id, input.clone(), clock::now()).await;
        if let Some(saved) = self.persists("create a rule", create).await {
            shop.rules.borrow_mut().insert(nth, (saved.stored.rule.id, false));
        }
    }

    async fn switch(&self, shop: &Shop, nth: usize) {
        let Some((_, id, _)) = shop.nth_rule(nth) else { return };
        let switch = async || {
            let (rules, now) = (self.engine.rules(), clock::now());
            let Some(rule) = rules.get(&shop.id, &id, now).await? else { return Ok(()) };
            let is_on = rule.rule.enabled;
            rules.switch(&shop.id, &id, !is_on, Expected::Version(&rule.etag), now).await.map(drop)
        };
        self.persists("switch", switch).await;
    }

    async fn edit(&self, shop: &Shop, nth: usize) {
        let Some((number, id, other)) = shop.nth_rule(nth) else { return };
        let Some(input) = shop::rule(number, !other) else { return };
        let edit = async || {
            let rules = self.engine.rules();
            rules.replace(&shop.id, &id, input.clone(), Expected::Any, clock::now()).await
        };
        if self.persists("edit", edit).await.is_some() {
            shop.rules.borrow_mut().insert(number, (id.clone(), !other));
        }
    }

    pub(super) async fn resume(&self, engine: &Engine, app: App) {
        self.persists("resume", async || engine.fleet().resume(app, clock::now()).await).await;
    }

    async fn replay(&self, shop: &Shop, fact: usize, as_sent: bool) {
        let Some(fact) = shop.facts.get(fact).and_then(|fact| fact.read(shop.id.as_str(), self.time)) else {
            return;
        };
        let event = plan::event_id(&self.secret, &fact);
        let replay = async || {
            let (replays, now) = (self.engine.replays(), clock::now());
            let request = ReplayRequest {
                selection: Selection::default(),
                by: if as_sent { RuleSource::AsSent } else { RuleSource::Current },
                forced: false,
                run: replays::run(),
            };
            let prepared = replays.prepare(&self.secret, &shop.id, &[event], &request, now).await?;
            replays.send(&shop.id, &prepared, now).await
        };
        self.persists("replay", replay).await;
    }

    async fn retry(&self, shop: &Shop, nth: usize) {
        let jobs = self.jobs(shop);
        let Some(job) = jobs.get(nth % jobs.len().max(1)).copied() else { return };
        self.apps.forget_limits();
        let retry = async || {
            let asked = Retry { job, forced: false, run: replays::run() };
            self.engine.actions().retry(&self.secret, &shop.id, asked, clock::now()).await
        };
        let retried: Option<Retried> = self.persists("retry", retry).await;
        self.reached.extend(retried.as_ref().map(coverage::retried));
        self.note(|| format!("retry of {job}: {retried:?}"));
    }

    /// The stored jobs of a marketplace, in the order of their keys.
    pub(super) fn jobs(&self, shop: &Shop) -> Vec<domain::id::JobId> {
        let text = |item: &crate::aws::Item, name: &str| {
            item.get(name).and_then(Value::text).unwrap_or_default().to_owned()
        };
        let id = |item: &crate::aws::Item| {
            let (pk, sk) = (text(item, "pk"), text(item, "sk"));
            let (marketplace, buyer) = pk.split_once("#BUYER#")?;
            if marketplace != shop.id.as_str() {
                return None;
            }
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

    async fn erase(&self, shop: &Shop, fact: usize) {
        let Some(fact) = shop.facts.get(fact).and_then(|fact| fact.read(shop.id.as_str(), self.time)) else {
            return;
        };
        let buyer = plan::event_id(&self.secret, &fact).buyer;
        // The answer says when the request must be repeated, so that work in progress is erased too.
        for _ in 0..5 {
            let erase = async || self.engine.buyers().erase(&shop.id, buyer, clock::now()).await;
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
