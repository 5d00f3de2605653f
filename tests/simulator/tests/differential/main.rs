//! The same random calls of the AWS in memory and of local AWS have the same responses. What differs is a row in
//! `differences.rs`, with the documentation that decides, and a line in the README.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod differences;
mod dynamodb;
mod kms;
mod local;
mod sqs;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use simulator::aws::{Aws, Clock, Deployment, Faults};

use local::Local;

/// The calls of each service. Local AWS takes most of the test's time.
const CALLS: usize = 250;

/// Chooses the calls.
const SEED: u64 = 14;

/// Both AWS, and the chance that chooses the calls.
struct Both {
    memory: Aws,
    local: Local,
    chance: StdRng,
    calls: usize,
    history: Vec<String>,
}

/// The responses to one call.
#[derive(Debug, Clone, PartialEq)]
struct Responses {
    memory: Response,
    local: Response,
}

/// A response, without the parts that are different each time.
#[derive(Debug, Clone, PartialEq)]
struct Response {
    status: u16,
    body: Value,
}

impl Response {
    fn new(status: u16, text: &str) -> Self {
        let body = serde_json::from_str(text).unwrap_or(Value::Null);
        Self { status, body }
    }

    /// The code of an error, without its namespace.
    fn code(&self) -> &str {
        self.body["__type"].as_str().map_or("", |code| code.rsplit('#').next().unwrap_or(code))
    }

    /// The part that the two responses have to share.
    fn normal(&self) -> Value {
        if self.status >= 400 {
            // The texts of errors are not documented, nor which of two errors comes first.
            let reasons = self.body["CancellationReasons"].as_array().into_iter().flatten();
            let reasons: Vec<_> = reasons.map(|reason| json!([reason["Code"], reason["Item"]])).collect();
            let mut error = json!({ "code": self.code(), "item": self.body["Item"], "reasons": reasons });
            normalize(&mut error);
            return error;
        }
        // SQS answers some calls without a body.
        let mut body = if self.body.is_null() { json!({}) } else { self.body.clone() };
        normalize(&mut body);
        body
    }
}

/// Removes ids and times, and sorts sets.
fn normalize(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for name in [
                "MessageId",
                "ReceiptHandle",
                "CiphertextBlob",
                "ResponseMetadata",
                "MD5OfMessageAttributes",
                "KeyMaterialId",
            ] {
                map.remove(name);
            }
            map.retain(|name, value| {
                !(["Successful", "Failed", "Messages"].contains(&name.as_str()) && *value == json!([]))
            });
            for (name, value) in map {
                normalize(value);
                if let Value::Array(list) = value
                    && ["SS", "NS", "Messages", "Successful", "Failed", crate::dynamodb::TABLE]
                        .contains(&name.as_str())
                {
                    list.sort_by_key(Value::to_string);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(normalize),
        _ => {}
    }
}

impl Both {
    /// A call whose responses may differ.
    fn unlike(&mut self, target: &str, body: &Value) -> Responses {
        self.send(target, body, body)
    }

    fn send(&mut self, target: &str, memory: &Value, local: &Value) -> Responses {
        self.calls += 1;
        self.history.push(format!("{target} {memory}"));
        let (status, text) = self.memory.call(target, &memory.to_string()).unwrap();
        Responses { memory: Response::new(status, &text), local: self.local.call(target, local) }
    }

    /// A call in which a receipt or a ciphertext is each one's own.
    fn call(&mut self, target: &str, memory: &Value, local: &Value) -> Responses {
        let Responses { memory: here, local: there } = self.send(target, memory, local);
        let (one, two) = (here.normal(), there.normal());
        if one != two && !differences::is_known(target, memory, &here, &there) {
            let history = self.history[self.history.len().saturating_sub(12)..].join("\n");
            panic!("{target} {memory}\nin memory: {one}\nlocal AWS: {two}\nafter:\n{history}");
        }
        Responses { memory: here, local: there }
    }

    /// A call that is the same for both.
    fn same(&mut self, target: &str, body: &Value) -> Responses {
        self.call(target, body, body)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.chance.random_range(0..all.len())].clone()
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.chance.random_bool(probability)
    }
}

#[test]
fn local_aws_and_the_aws_in_memory_respond_alike() {
    let local = Local::start();
    let memory = Aws::new(1, Clock::reading(|| "2026-05-04T10:00:00Z".parse().unwrap()));
    memory.set_faults(Faults::NONE);
    let mut deployment = Deployment::default();
    deployment.tables.insert(dynamodb::TABLE.to_owned(), dynamodb::settings());
    for (name, settings) in sqs::queues() {
        deployment.queues.insert(name, settings);
    }
    let mut both = Both { memory, local, chance: StdRng::seed_from_u64(SEED), calls: 0, history: Vec::new() };
    let key = kms::create(&both.local);
    deployment.keys.insert(key.clone());
    both.memory.deploy(&deployment);
    dynamodb::create(&both.local);
    sqs::create(&both.local);
    dynamodb::compare(&mut both, CALLS);
    dynamodb::refuse(&mut both);
    sqs::compare(&mut both, CALLS);
    kms::compare(&mut both, &key, CALLS / 8);
    assert_eq!(both.memory.refused(), Vec::<String>::new());
    assert!(both.calls >= 2 * CALLS);
}
