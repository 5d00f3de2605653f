//! A separate marketplace: it connects apps, writes rules, publishes facts and reads the results.

use std::time::{Duration, Instant};

use aws::store::Span;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::QueueAttributeName;
use domain::app::App;
use domain::erasure::Erasure;
use domain::fact::FactKind;
use domain::id::{BuyerKey, EventId, IntegrationId, MarketplaceId, RuleId};
use domain::integration::{Connection, Health, Integration};
use domain::log::{ConfigEntry, ConfigKind, EventRecord, JobRecord};
use domain::manifest::Catalog;
use domain::plan;
use domain::rule::Rule;
use domain::trigger::Trigger;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::clock::now;
use crate::engine::{Engine, until};
use crate::sample::Sample;

/// A key that Mailchimp's stand-in accepts.
pub const API_KEY: &str = "0123456789abcdef0123456789abcdef-us6";
/// The signing secret of a marketplace's webhook.
pub const SIGNING_SECRET: &str = "whsec_c2VjcmV0LW9mLXRoZS1lbmQtdG8tZW5kLXRlc3Rz";

/// A marketplace.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The stack of the marketplace.
    pub engine: Engine,
    /// Its id.
    pub id: MarketplaceId,
}

impl Shop {
    /// A marketplace with this name, and with two connected accounts: `int_mailchimp` and `int_webhook`.
    pub async fn open_on(engine: Engine, name: &str) -> Self {
        let shop = Self::bare_on(engine, name);
        shop.connect(App::MAILCHIMP, &json!({ "api_key": API_KEY })).await;
        let url = format!("{}/webhook/{name}", shop.engine.outputs.sandbox_url);
        shop.connect(App::WEBHOOK, &json!({ "url": url, "signing_secret": SIGNING_SECRET })).await;
        shop
    }

    /// A marketplace with this name and no accounts.
    pub fn bare_on(engine: Engine, name: &str) -> Self {
        Self { engine, id: MarketplaceId::new(name).expect("a marketplace's id") }
    }

    /// Its account of an app.
    pub fn account(app: App) -> IntegrationId {
        IntegrationId::new(format!("int_{app}")).expect("an integration's id")
    }

    /// Writes an account as `engine connect` does, with the first method that has typed credentials, but without a
    /// test.
    pub async fn connect(&self, app: App, credentials: &Value) {
        let id = Self::account(app);
        let plain = SecretString::from(credentials.to_string());
        let manifest = Catalog::get().manifest(app).expect("a manifest");
        let method = manifest.methods.iter().find(|method| method.oauth.is_none()).expect("a method");
        let integration = Integration {
            method: method.key.clone(),
            account: None,
            address: None,
            credentials: self.engine.vault.encrypt(app, &self.id, &id, &plain).await.expect("KMS"),
            marketplace: self.id.clone(),
            app,
            label: app.label().to_owned(),
            connection: Connection::Connected,
            created_at: now(),
            updated_at: now(),
            changed_by: None,
            health: Health::default(),
            id,
        };
        self.engine.store.save_integration(&integration, now()).await.expect("saved");
    }

    /// Saves a rule from JSON; fields that follow from the other arguments are added.
    pub async fn rule(&self, id: &str, trigger: Trigger, app: App, rest: Value) -> RuleId {
        let mut rule = json!({
            "id": format!("rul_{id}"),
            "marketplace": self.id,
            "scope": { "kind": "global" },
            "trigger": trigger,
            "integration": Self::account(app),
            "app": app,
            "settings": {},
            "enabled": true,
        });
        for (key, value) in rest.as_object().expect("an object") {
            rule[key] = value.clone();
        }
        let rule: Rule = serde_json::from_value(rule).expect("a rule");
        self.engine.store.save_rule(&rule, now()).await.expect("saved");
        rule.id
    }

    /// Publishes facts and returns the ids of their events.
    pub async fn publish(&self, samples: impl IntoIterator<Item = Sample>) -> Vec<EventId> {
        let samples: Vec<_> = samples.into_iter().map(|sample| sample.of(&self.id)).collect();
        for batch in samples.chunks(10) {
            let entries =
                batch.iter().map(|sample| self.entry(&sample.detail_type, &sample.detail.to_string()));
            let request = self.engine.bus.put_events().set_entries(Some(entries.collect()));
            let answer = request.send().await.expect("EventBridge");
            assert_eq!(answer.failed_entry_count, 0, "{answer:?}");
        }
        let known = |sample: &&Sample| FactKind::from_detail_type(&sample.detail_type).is_some();
        samples.iter().filter(known).map(|sample| self.event_id(sample)).collect()
    }

    /// Publishes many facts, twenty at a time: the next facts follow when the previous ones are stored. Each instance
    /// of a trigger is a process on this machine.
    pub async fn publish_in_turn(&self, samples: impl IntoIterator<Item = Sample>) -> Vec<EventId> {
        let samples: Vec<_> = samples.into_iter().collect();
        let mut ids = Vec::new();
        for some in samples.chunks(20) {
            let published = self.publish(some.iter().cloned()).await;
            for id in &published {
                until(&format!("the event {id}"), async || self.event(*id).await.0).await;
            }
            ids.extend(published);
        }
        ids
    }

    /// A fact as an entry for the bus.
    pub fn entry(&self, detail_type: &str, detail: &str) -> PutEventsRequestEntry {
        self.entry_from("commerce", detail_type, detail)
    }

    /// The same from a source.
    pub fn entry_from(&self, source: &str, detail_type: &str, detail: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.engine.outputs.bus)
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build()
    }

    /// Invokes one trigger's function with a fact, asynchronously: with Lambda's retries, which local AWS does not
    /// apply to a target of the bus.
    pub async fn invoke(&self, trigger: Trigger, sample: Sample) -> EventId {
        let sample = sample.of(&self.id);
        let event =
            json!({ "source": "commerce", "detail-type": sample.detail_type, "detail": sample.detail });
        let function = &self.engine.outputs.functions[trigger.key()];
        let request =
            self.engine.lambda.invoke().function_name(function).invocation_type(InvocationType::Event);
        request.payload(Blob::new(event.to_string())).send().await.expect("Lambda");
        self.event_id(&sample)
    }

    /// The id of the event of a fact of this marketplace.
    pub fn event_id(&self, sample: &Sample) -> EventId {
        plan::event_id(&self.engine.secret, &sample.clone().of(&self.id).fact())
    }

    /// The key of a buyer of this marketplace.
    pub fn buyer(&self, email: &str) -> BuyerKey {
        BuyerKey::of_email(&self.engine.secret, &self.id, email)
    }

    /// Dates an erasure of a buyer back, so that no process that was running can store data.
    pub async fn settle_erasure(&self, email: &str) {
        let (store, buyer) = (&self.engine.store, self.buyer(email));
        let known = store.erasure(&self.id, buyer, now()).await.expect("the table").expect("an erasure");
        let settled = Erasure { settles_at: now(), ..known };
        store.save_erasure(&self.id, buyer, &settled).await.expect("saved");
    }

    /// The event and its jobs, as currently stored.
    pub async fn event(&self, id: EventId) -> (Option<EventRecord>, Vec<JobRecord>) {
        self.engine.store.event_with_jobs(&self.id, &id, now()).await.expect("the log")
    }

    /// The event, once that trigger has decided.
    pub async fn decided(&self, id: EventId, trigger: Trigger) -> EventRecord {
        let look = async || self.event(id).await.0.filter(|event| event.verdicts.contains_key(&trigger));
        until(&format!("{trigger} of {id}"), look).await
    }

    /// The event's jobs, once that many of them have ended.
    pub async fn ended(&self, id: EventId, count: usize) -> Vec<JobRecord> {
        let look = async || {
            let jobs = self.event(id).await.1;
            (jobs.iter().filter(|job| job.status.is_final()).count() >= count).then_some(jobs)
        };
        until(&format!("{count} ended jobs of {id}"), look).await
    }

    /// The newest entries of the Configuration Log about an account.
    pub async fn account_log(&self, id: &IntegrationId) -> Vec<ConfigEntry> {
        let span = Span { since: None, until: None, after: None, limit: 100 };
        let is_of = |entry: &ConfigEntry| entry.kind == ConfigKind::Integration && entry.id == id.as_str();
        let page = self.engine.store.config_log_page(Some(&self.id), &span, is_of, now()).await;
        page.expect("the log").items
    }

    /// The messages that this marketplace's webhook has received, in order.
    pub async fn deliveries(&self) -> Vec<Value> {
        let state = self.engine.sandbox_get(&format!("/_state/webhook?path=/{}", self.id)).await;
        state["deliveries"].as_array().cloned().unwrap_or_default()
    }

    /// A member of the sandbox's `demo` audience.
    pub async fn member(&self, email: &str) -> Option<Value> {
        let query = format!("list=demo&email={}", email.replace('+', "%2B"));
        let state = self.engine.sandbox_get(&format!("/_state/mailchimp?{query}")).await;
        let found =
            state["audiences"].as_array()?.iter().filter_map(|audience| audience["members"].as_array());
        found.flatten().next().cloned()
    }

    /// Runs the sweeper once a second, instead of once a minute, until `look` returns a value.
    pub async fn swept<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let function = &self.engine.outputs.functions["sweeper"];
        let mut swept = Instant::now();
        until(what, async || {
            if let Some(seen) = look().await {
                return Some(seen);
            }
            if swept.elapsed() >= Duration::from_secs(1) {
                self.engine.lambda.invoke().function_name(function).send().await.expect("the sweeper");
                swept = Instant::now();
            }
            None
        })
        .await
    }

    /// Subscribes to one of the engine's own events about this marketplace. The events arrive on the queue of unplanned
    /// facts, the only queue to which rules of the bus may write.
    pub async fn listen(&self, detail_type: &str) -> String {
        let pattern = json!({ "detail-type": [detail_type], "detail": { "marketplace_id": [self.id] } });
        let (bus, name) = (&self.engine.outputs.bus, format!("listen-{}", self.id));
        let rule =
            self.engine.bus.put_rule().name(&name).event_bus_name(bus).event_pattern(pattern.to_string());
        rule.send().await.expect("EventBridge");
        let queue = &self.engine.outputs.facts_queue_url;
        let request = self
            .engine
            .sqs
            .get_queue_attributes()
            .queue_url(queue)
            .attribute_names(QueueAttributeName::QueueArn);
        let attributes = request.send().await.expect("SQS").attributes.unwrap_or_default();
        let target = Target::builder().id("queue").arn(&attributes[&QueueAttributeName::QueueArn]).build();
        let target = target.expect("a target");
        let request = self.engine.bus.put_targets().rule(&name).event_bus_name(bus).targets(target);
        request.send().await.expect("EventBridge");
        detail_type.to_owned()
    }

    /// The events received since the previous call.
    pub async fn heard(&self, detail_type: &str) -> Vec<Value> {
        let about = |body: &str| body.contains(detail_type) && body.contains(self.id.as_str());
        let taken = self.engine.take(&self.engine.outputs.facts_queue_url, about).await;
        taken.iter().filter_map(|body| serde_json::from_str(body).ok()).collect()
    }
}
