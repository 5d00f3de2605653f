//! A marketplace of the bench's own: its accounts, its rules, its purchases.
use std::time::{Duration, Instant};

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::app::App;
use domain::fact::Fact;
use domain::id::{EffectKey, EventId, IntegrationId, JobId, JobPart, MarketplaceId};
use domain::integration::Integration;
use domain::job::Job;
use domain::log::JobRecord;
use domain::plan;
use domain::rule::Rule;
use domain::trigger::Trigger;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::clock::now;
use crate::engine::Engine;
use crate::failed::Failed;
use crate::stack::project;

const FACT: &str = "Order Completed";
/// Actions that have not ended after this are missing.
const PATIENCE: Duration = Duration::from_mins(1);

/// One marketplace.
pub(crate) struct Shop<'a> {
    engine: &'a Engine<'a>,
    pub(crate) id: MarketplaceId,
    sample: Value,
}

/// One purchase, about to be published.
pub(crate) struct Purchase {
    pub(crate) event: EventId,
    detail: String,
}

/// The marketplace's account of an app.
pub(crate) fn account(app: App) -> Result<IntegrationId, Failed> {
    IntegrationId::new(format!("int_{app}")).map_err(Failed::at("an integration's id"))
}

impl<'a> Shop<'a> {
    pub(crate) async fn open(engine: &'a Engine<'a>, name: &str) -> Result<Self, Failed> {
        let file = project().join("events/samples/order-completed.one-item.json");
        let sample = std::fs::read(file).map_err(Failed::at("there is no sample of a purchase"))?;
        let sample: Value =
            serde_json::from_slice(&sample).map_err(Failed::at("the sample does not read"))?;
        let sample = serde_json::from_str(sample[0]["Detail"].as_str().unwrap_or_default())
            .map_err(Failed::at("the sample's detail does not read"))?;
        let id = MarketplaceId::new(name).map_err(Failed::at("a marketplace's id"))?;
        let shop = Self { engine, id, sample };
        shop.connect(App::Mailchimp, &json!({ "api_key": "0123456789abcdef0123456789abcdef-us6" })).await?;
        let url = format!("{}/webhook/{name}", engine.outputs.sandbox_url);
        let secret = "whsec_dGhlIGJlbmNoJ3Mgb3duIHNpZ25pbmcgc2VjcmV0";
        shop.connect(App::Webhook, &json!({ "url": url, "signing_secret": secret })).await?;
        Ok(shop)
    }

    async fn connect(&self, app: App, credentials: &Value) -> Result<(), Failed> {
        let id = account(app)?;
        let plain = SecretString::from(credentials.to_string());
        let sealed = self.engine.vault.seal(&self.id, &id, &plain).await.map_err(Failed::at("KMS"))?;
        let integration = json!({
            "id": id, "marketplace": self.id, "app": app, "label": app.label(),
            "method": "api_key",
            "connection": { "state": "connected" }, "credentials": sealed.0,
            "created_at": now(), "updated_at": now(),
        });
        let integration: Integration =
            serde_json::from_value(integration).map_err(Failed::at("an integration"))?;
        self.engine.store.save_integration(&integration, now()).await.map_err(Failed::at("saving an account"))
    }

    /// Saves a global rule.
    pub(crate) async fn rule(
        &self,
        when: Trigger,
        app: App,
        action: &str,
        settings: Value,
    ) -> Result<(), Failed> {
        let rule = json!({
            "id": format!("rul_{when}_{app}"), "marketplace": self.id, "scope": { "kind": "global" },
            "trigger": when, "integration": account(app)?, "app": app,
            "action": action, "settings": settings, "enabled": true,
        });
        let rule: Rule = serde_json::from_value(rule).map_err(Failed::at("a rule"))?;
        self.engine.store.save_rule(&rule, now()).await.map_err(Failed::at("saving a rule"))
    }

    /// A purchase that occurs now, by a buyer of its own.
    pub(crate) fn purchase(&self, number: usize) -> Result<Purchase, Failed> {
        let mut detail = self.sample.clone();
        detail["id"] = json!(format!("ord_{number}.completed"));
        detail["marketplace_id"] = json!(self.id);
        detail["occurred_at"] = json!(now());
        detail["customer"]["id"] = json!(format!("cus_{number}"));
        detail["customer"]["email"] = json!(self.email(number));
        detail["order"]["id"] = json!(format!("ord_{number}"));
        let detail = detail.to_string();
        let fact = Fact::parse(FACT, &detail).map_err(Failed::at("the sample is no fact"))?;
        Ok(Purchase { event: plan::event_id(&fact), detail })
    }

    /// The job that tells the marketplace's webhook of a purchase.
    pub(crate) fn job(&self, number: usize) -> Result<Job, Failed> {
        let Purchase { event, detail } = self.purchase(number)?;
        let detail: Value =
            serde_json::from_str(&detail).map_err(Failed::at("a purchase's detail does not read"))?;
        let key = EffectKey::of(&[self.id.as_str(), &number.to_string()]);
        let job = json!({
            "v": "1", "id": JobId { event, part: JobPart::of(&["bench"]) }, "marketplace": self.id,
            "integration": account(App::Webhook)?, "app": App::Webhook, "rule": "rul_bench",
            "trigger": Trigger::OrderCompleted, "action": "send_notify_url_post_for_orders", "settings": {},
            "contact": { "email": self.email(number) }, "effect": { "key": key.to_string(), "intent": "send" },
            "occurred_at": event.at, "payload": detail,
        });
        serde_json::from_value(job).map_err(Failed::at("a job"))
    }

    fn email(&self, number: usize) -> String {
        format!("buyer-{number}@{}.example.com", self.id)
    }

    /// Publishes at most ten purchases in one call.
    pub(crate) async fn publish(&self, purchases: &[Purchase]) -> Result<(), Failed> {
        let entry = |purchase: &Purchase| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.engine.outputs.bus)
                .source("commerce")
                .detail_type(FACT)
                .detail(&purchase.detail)
                .build()
        };
        let request = self.engine.bus.put_events().set_entries(Some(purchases.iter().map(entry).collect()));
        let answer = request.send().await.map_err(Failed::at("EventBridge"))?;
        if answer.failed_entry_count > 0 {
            return Err(Failed::new(format!("EventBridge refused purchases: {answer:?}")));
        }
        Ok(())
    }

    /// The actions in an account that have ended, once there are so many of them, or after all patience is spent.
    pub(crate) async fn ended(&self, app: App, count: usize) -> Result<Vec<JobRecord>, Failed> {
        let (account, start) = (account(app)?, Instant::now());
        loop {
            let found = self.engine.store.actions(&self.id, &account, count, now()).await;
            let mut found = found.map_err(Failed::at("reading the Action Log"))?;
            found.retain(|action| action.status.is_final());
            if found.len() >= count || start.elapsed() > PATIENCE {
                return Ok(found);
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// What the sandbox's receiver of webhooks got from this marketplace.
    pub(crate) async fn deliveries(&self) -> Result<Vec<Value>, Failed> {
        let state = self.engine.sandbox(&format!("/_state/webhook?path=/{}", self.id)).await?;
        Ok(state["deliveries"].as_array().cloned().unwrap_or_default())
    }

    /// The marketplace's buyers on the sandbox's `demo` audience.
    pub(crate) async fn members(&self) -> Result<Vec<Value>, Failed> {
        let state = self.engine.sandbox("/_state/mailchimp?list=demo").await?;
        let ours = format!("@{}.example.com", self.id);
        let is_ours = |member: &Value| member["email"].as_str().is_some_and(|email| email.ends_with(&ours));
        let audiences = state["audiences"].as_array().into_iter().flatten();
        let members = audiences.filter_map(|audience| audience["members"].as_array()).flatten();
        Ok(members.filter(|member| is_ours(member)).cloned().collect())
    }
}
