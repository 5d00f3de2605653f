//! The events and items that the measured functions handle.
use std::collections::BTreeSet;

use domain::digest::DigestSecret;
use domain::fact::Fact;
use domain::firing::Subject;
use domain::id::ProductId;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::plan::{Input, draft, event_id};
use domain::rule::Rule;
use domain::trigger::Trigger;
use serde_json::{Map, Value, json};
use stack::{API_KEY, Sample, now};

use super::stub::World;

const MARKETPLACE: &str = "bench";

/// The rules of the marketplace that name other products.
const OTHERS: usize = 999;

/// An app, and the action of the rules for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    app: &'static str,
    action: &'static str,
    setting: &'static str,
    /// Whether the setting is a list.
    many: bool,
}

/// An app with code of its own.
pub(super) const WITH_CODE: Target =
    Target { app: "mailchimp", action: "add_to_list", setting: "list_id", many: false };
/// An app that is data.
pub(super) const DECLARED: Target =
    Target { app: "mailerlite", action: "add_to_group", setting: "group", many: true };

impl Target {
    fn account(self) -> String {
        format!("int_{}", self.app)
    }
}

/// A purchase on the bus, by one of several buyers.
pub(super) fn purchase(number: usize) -> String {
    let sample = sample("order-completed.one-item", number);
    bus(&sample)
}

/// Another fact on the bus.
pub(super) fn fact(name: &str) -> String {
    bus(&sample(name, 0))
}

fn bus(sample: &Sample) -> String {
    json!({ "id": "1", "source": "commerce", "detail-type": sample.detail_type, "detail": sample.detail })
        .to_string()
}

fn sample(name: &str, number: usize) -> Sample {
    let sample = Sample::read(name).with("/marketplace_id", MARKETPLACE).id(&format!("ord_{number}")).now();
    if sample.detail.get("customer").is_none() {
        return sample;
    }
    sample.email(&format!("buyer-{number}@example.com"))
}

/// A batch of an app's queue.
pub(super) fn batch(target: Target, first: usize, jobs: usize) -> String {
    let record = |number: usize| {
        json!({
            "messageId": format!("m-{number}"), "receiptHandle": format!("r-{number}"),
            "body": serde_json::to_string(&job(target, number)).expect("JSON"), "md5OfBody": "", "messageAttributes": {},
            // Later than now, so that no job has waited, however long the measurement takes.
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": (now().as_millisecond() + 3_600_000).to_string(),
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:bench-jobs-{}", target.app),
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": (first..first + jobs).map(record).collect::<Vec<_>>() }).to_string()
}

/// A request, signed as an operator's.
pub(super) fn request(path: &str) -> String {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": false,
        "headers": { "host": "api.example.com", "accept": "*/*" },
        "requestContext": {
            "authorizer": { "iam": { "userArn": "arn:aws:iam::000000000000:user/operator" } },
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench" },
            "requestId": "1", "routeKey": "$default", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
    })
    .to_string()
}

fn job(target: Target, number: usize) -> Job {
    let sample = sample("order-completed.one-item", number);
    let (fact, detail) = (sample.fact(), sample.detail.to_string());
    let secret: DigestSecret = "0123456789abcdef0123456789abcdef".parse().expect("a secret");
    let rules: [Rule; 1] = [serde_json::from_value(rule(target, 0)).expect("a rule")];
    let firings = [Subject::Line(0)];
    let draft = draft(Input {
        fact: &fact,
        event: event_id(&secret, &fact),
        secret: &secret,
        detail: &detail,
        received_at: now(),
        trigger: Trigger::ProductPurchased,
        firings: &firings,
        rules: &rules,
        catalog: Catalog::get(),
    });
    draft.jobs().next().expect("a job")
}

/// A rule that matches every purchase, each for a list of its own.
fn rule(target: Target, number: usize) -> Value {
    let list = format!("list{number}");
    let list = if target.many { json!([list]) } else { json!(list) };
    json!({
        "id": format!("rul_{number:016}"), "marketplace": MARKETPLACE, "scope": { "kind": "global" }, "enabled": true,
        "trigger": Trigger::ProductPurchased, "integration": target.account(), "app": target.app,
        "action": target.action, "settings": { target.setting: list },
    })
}

/// AWS with that many rules that match, and the others.
pub(super) fn world(rules: usize) -> World {
    let rules = (0..rules).map(|number| item(&rule(WITH_CODE, number)));
    World {
        rules: rules.chain([groups()]).collect(),
        accounts: [account(WITH_CODE, "api_key"), account(DECLARED, "api_token")].into(),
        credentials: json!({ "api_key": API_KEY, "api_token": "token" }),
    }
}

/// The same for the peers: their rules have no item beside them.
pub(super) fn world_of_peers() -> World {
    World { rules: vec![item(&rule(WITH_CODE, 0))], ..world(0) }
}

/// The item with the groups of the products that the other rules name.
fn groups() -> Value {
    let product = |number: usize| ProductId::new(format!("other-{number}")).expect("a product's id");
    let groups: BTreeSet<_> = (0..OTHERS).map(|number| product(number).group().to_string()).collect();
    let pk = format!("{MARKETPLACE}#IF#{}", Trigger::ProductPurchased);
    json!({ "pk": { "S": pk }, "sk": { "S": "GROUPS" }, "groups": { "NS": groups } })
}

/// An account, by its sort key.
fn account(target: Target, method: &str) -> (String, Value) {
    let fact: Fact = Sample::read("order-completed.one-item").fact();
    let account = json!({
        "id": target.account(), "marketplace": MARKETPLACE, "app": target.app, "label": "Main audience",
        "method": method, "credentials": "AQID", "connection": { "state": "connected" },
        "created_at": fact.common.occurred_at, "updated_at": fact.common.occurred_at, "health": {},
    });
    (format!("INTEGRATION#{}", target.account()), item(&account))
}

/// A JSON object as DynamoDB returns it.
fn item(object: &Value) -> Value {
    let fields = object.as_object().expect("an object").iter();
    let fields = fields.filter(|(_, value)| !value.is_null());
    Value::Object(fields.map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>())
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(_) => json!({ "M": item(value) }),
    }
}
