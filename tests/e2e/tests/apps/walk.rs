//! One account, products that grant something in it, and buyers who buy, buy again, and are refunded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::app::App;
use domain::id::EventId;
use domain::integration::Connection;
use domain::log::{JobRecord, Status};
use domain::trigger::Trigger;
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::way::Way;
use crate::stack::{Opens, Sample, Shop, now, until};

/// A product's grant and the opposite for its refund, each an action with settings.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) id: &'static str,
    gives: (&'static str, Value),
    takes: Option<(&'static str, Value)>,
}

impl Product {
    /// A product whose refund revokes the grant.
    pub(super) fn new(id: &'static str, [gives, takes]: [&'static str; 2], settings: Value) -> Self {
        Self { takes: Some((takes, settings.clone())), ..Self::for_good(id, gives, settings) }
    }

    /// The same product with settings that the opposite does not have.
    pub(super) fn giving(mut self, more: &Value) -> Self {
        for (key, value) in more.as_object().expect("an object") {
            self.gives.1[key] = value.clone();
        }
        self
    }

    /// The same product with settings that only the opposite has.
    pub(super) fn taking(mut self, more: &Value) -> Self {
        for (key, value) in more.as_object().expect("an object") {
            self.takes.as_mut().expect("an opposite").1[key] = value.clone();
        }
        self
    }

    /// A product whose refund changes nothing.
    pub(super) fn for_good(id: &'static str, action: &'static str, settings: Value) -> Self {
        Self { id, gives: (action, settings), takes: None }
    }

    /// Its rules, in the form of an operator's file.
    fn rules(&self, app: App) -> impl Iterator<Item = Value> {
        let draft = move |deed: Deed, (action, settings): &(&str, Value)| {
            let trigger = match deed {
                Bought => Trigger::ProductPurchased,
                Refunded => Trigger::ProductRefunded,
            };
            json!({
                "id": format!("rul_{}", rule(deed, self.id)), "products": [self.id], "trigger": trigger,
                "integration": Shop::account(app), "action": action, "settings": settings,
            })
        };
        let takes = self.takes.as_ref().map(|takes| draft(Refunded, takes));
        [draft(Bought, &self.gives)].into_iter().chain(takes)
    }
}

/// A fact about products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Bought,
    Refunded,
}

use Deed::{Bought, Refunded};

/// A product, the final status of its action, and a text in the action's log.
pub(super) type End<'a> = (&'a str, Status, &'a str);

/// A marketplace with one account of one app.
pub(super) struct Walk {
    pub(super) shop: Shop,
    pub(super) way: Way,
    facts: AtomicUsize,
}

impl Walk {
    /// A marketplace with this name, with an account that is connected here.
    pub(super) async fn begin(name: &str, way: Way) -> Self {
        let shop = Shop::bare(name).await;
        let said = way.connect(&shop).await;
        assert!(said.starts_with(&format!("Connected {} `", way.app.label())), "{said}");
        Self::of(shop, way)
    }

    /// A marketplace with an account that is already connected.
    pub(super) fn of(shop: Shop, way: Way) -> Self {
        Self { shop, way, facts: AtomicUsize::new(0) }
    }

    /// Adds to the stand-in's state.
    pub(super) async fn seed(&self, seed: Value) {
        self.shop.engine.sandbox_post(&format!("/_state/{}", self.app()), &seed).await;
    }

    /// Saves the rules for products.
    pub(super) async fn sells(&self, products: &[Product]) {
        let rules: Vec<_> = products.iter().flat_map(|product| product.rules(self.app())).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rules.json");
        std::fs::write(&file, json!({ "rules": rules }).to_string()).expect("written");
        self.shop.engine(&["rules", "apply", file.to_str().expect("text")]).await;
    }

    pub(super) fn app(&self) -> App {
        self.way.app
    }

    /// The buyer's state in the stand-in.
    pub(super) async fn state(&self, buyer: &Buyer) -> Value {
        let email = utf8_percent_encode(&buyer.email, NON_ALPHANUMERIC);
        self.shop.engine.sandbox_get(&format!("/_state/{}?email={email}", self.app())).await
    }

    /// Publishes one fact about these products; each resulting action must end as given.
    pub(super) async fn ends(&self, deed: Deed, buyer: &Buyer, wanted: &[End<'_>]) -> Vec<JobRecord> {
        let products: Vec<_> = wanted.iter().map(|(product, ..)| *product).collect();
        let jobs = self.led_to(deed, buyer, &products).await;
        let by_rule: BTreeMap<_, _> = jobs.iter().map(|job| (job.rule.to_string(), job)).collect();
        for (product, status, words) in wanted {
            let job = by_rule[&format!("rul_{}", rule(deed, product))];
            assert_eq!(job.status, *status, "{deed:?} {product}: {job:?}");
            assert!(told(job).contains(words), "{deed:?} {product}: {job:?}");
        }
        jobs
    }

    /// The actions that a fact about these products caused, one per product, once they have ended.
    pub(super) async fn led_to(&self, deed: Deed, buyer: &Buyer, products: &[&str]) -> Vec<JobRecord> {
        let id = self.publish(deed, buyer, products).await;
        let what = format!("{products:?} {deed:?}");
        let jobs = self.shop.swept(&what, async || {
            let jobs = self.shop.event(id).await.1;
            (jobs.iter().filter(|job| job.status.is_final()).count() >= products.len()).then_some(jobs)
        });
        let jobs = jobs.await;
        assert_eq!(jobs.len(), products.len(), "{jobs:?}");
        jobs
    }

    /// Publishes the fact twice, as a producer may.
    pub(super) async fn publish(&self, deed: Deed, buyer: &Buyer, products: &[&str]) -> EventId {
        let number = self.facts.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", self.shop.id);
        let sample = sample(deed, products).id(&id).with("/customer", buyer.customer()).now();
        let sample = sample.with("/order/id", format!("ord-{id}"));
        self.shop.publish([sample.clone(), sample]).await[0]
    }

    /// The app returns a wait that is longer than a function waits: the action is performed after it, and spends one
    /// attempt.
    pub(super) async fn waits(&self, buyer: &Buyer, product: &str, path: &str) {
        let pause = json!({
            "app": self.app(), "path": path, "status": 429, "headers": { "retry-after": "4" }, "count": 1,
        });
        self.shop.engine.sandbox_post("/_faults", &pause).await;
        let job = self.ends(Bought, buyer, &[(product, Status::Performed, "")]).await.remove(0);
        let (first, last) = (job.history.first().expect("the refusal"), job.history.last().expect("the end"));
        assert_eq!(
            (first.status, last.status, job.attempts),
            (Status::RateLimited, Status::Performed, 1),
            "{job:?}"
        );
        assert!(last.at >= first.at + SignedDuration::from_secs(4), "{job:?}");
    }

    /// The app rejects the credentials: actions are held with this message, and the account shows it.
    pub(super) async fn holds(&self, buyers: &[Buyer], product: &str, words: &str) -> Vec<EventId> {
        let mut held = Vec::new();
        for buyer in buyers {
            held.push(self.publish(Bought, buyer, &[product]).await);
        }
        for id in &held {
            let look =
                async || self.shop.event(*id).await.1.into_iter().find(|job| job.status == Status::Held);
            let job = until("a held action", look).await;
            assert!(told(&job).contains(words), "{job:?}");
        }
        assert!(matches!(self.connection().await, Connection::NeedsReconnect { .. }));
        held
    }

    /// The account is connected again, and the held actions are performed with one attempt each.
    pub(super) async fn continues(&self, held: &[EventId]) {
        let said = self.way.connect(&self.shop).await;
        assert!(said.starts_with(&format!("Reconnected {} `", self.app().label())), "{said}");
        assert!(said.contains(&format!("{} held action", held.len())), "{said}");
        self.released(held).await;
    }

    /// The account is in use again: the held actions are performed.
    pub(super) async fn released(&self, held: &[EventId]) {
        assert_eq!(self.connection().await, Connection::Connected);
        for id in held {
            let look = async || self.shop.event(*id).await.1.into_iter().find(|job| job.status.is_final());
            let job = self.shop.swept("a released action", look).await;
            assert!(job.status.took_effect() && job.attempts == 1, "{job:?}");
        }
    }

    /// Makes the stand-in reject a credential, or accept it again.
    pub(super) async fn token(&self, token: &str, state: &str) {
        let told = json!({ "app": self.app(), "token": token, "state": state });
        self.shop.engine.sandbox_post("/_tokens", &told).await;
    }

    /// The account's current access token.
    pub(super) async fn access_token(&self) -> String {
        let (m, id) = (&self.shop.id, Shop::account(self.app()));
        let tokens = self.shop.engine.store.tokens(m, &id, now()).await.expect("the table");
        let open = async |sealed| {
            self.shop.engine.vault.decrypt(self.app(), m, &id, sealed).await.expect("it opens")
        };
        if let Some(tokens) = tokens {
            return open(&tokens.access).await.expose_secret().to_owned();
        }
        // An app whose tokens never expire.
        let integration = self.shop.engine.store.integration(m, &id, now()).await.expect("the table");
        let plain = open(&integration.expect("an account").credentials).await;
        let credentials: Value = serde_json::from_str(plain.expose_secret()).expect("JSON");
        credentials["access_token"].as_str().expect("a token").to_owned()
    }

    /// The access and refresh tokens that the stand-in issued for the consent of this token.
    pub(super) async fn issued(&self, token: &str) -> [Vec<Value>; 2] {
        let shown = self.shop.engine.sandbox_get(&format!("/_oauth/{}", self.app())).await;
        let kinds = ["access_tokens", "refresh_tokens"]
            .map(|kind| shown[kind].as_array().cloned().unwrap_or_default());
        let consent =
            kinds.iter().flatten().find(|one| one["token"] == token).expect("issued")["consent"].clone();
        kinds.map(|all| all.into_iter().filter(|one| one["consent"] == consent).collect())
    }

    /// Changes the stand-in's OAuth for this account's own consent.
    pub(super) async fn consent(&self, what: &str) {
        let told = json!({ what: true, "token": self.access_token().await });
        self.shop.engine.sandbox_post(&format!("/_oauth/{}", self.app()), &told).await;
    }

    pub(super) async fn connection(&self) -> Connection {
        let id = Shop::account(self.app());
        let found = self.shop.engine.store.integration(&self.shop.id, &id, now()).await.expect("the table");
        found.expect("an account").connection
    }
}

fn rule(deed: Deed, product: &str) -> String {
    format!("{}_{product}", if deed == Bought { "bought" } else { "refunded" })
}

/// The log's messages about a job for its merchant.
pub(super) fn told(job: &JobRecord) -> String {
    let reason =
        job.reason.clone().map(|reason| format!("{} {}", reason.message, reason.hint.unwrap_or_default()));
    reason.unwrap_or_default()
}

fn sample(deed: Deed, products: &[&str]) -> Sample {
    let name = match deed {
        Bought => "order-completed.one-item",
        Refunded => "charge-refunded.full",
    };
    let sample = Sample::read(name);
    let first = sample.detail["items"][0].clone();
    let line = |(number, product): (usize, &&str)| {
        let mut line = first.clone();
        line["line_id"] = json!(format!("li_{number}"));
        line["product_id"] = json!(product);
        line
    };
    let lines: Vec<Value> = products.iter().enumerate().map(line).collect();
    sample.with("/items", lines)
}
