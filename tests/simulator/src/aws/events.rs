//! EventBridge: a bus whose rules send events to functions and queues.
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>

mod pattern;
mod transformer;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::Answer;
use super::chance::Circumstances;
use super::deployment::{ACCOUNT, REGION, Rule, Target};

pub use self::pattern::{Pattern, PatternError};
pub use self::transformer::Transformer;

/// The most entries of a call.
const MOST: usize = 10;
/// The most bytes of the entries of a call.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>
const LARGEST: usize = 1 << 20;

/// All buses and their rules.
#[derive(Debug, Default)]
pub(super) struct EventBridge {
    buses: BTreeSet<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    event_bus_name: Option<String>,
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
}

impl Entry {
    fn size(&self) -> usize {
        [&self.source, &self.detail_type, &self.detail].into_iter().flatten().map(String::len).sum()
    }
}

/// An event on its way to a target.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) rule: String,
    pub(super) target: Target,
    /// The target's input.
    pub(super) input: String,
}

impl EventBridge {
    pub(super) fn create(&mut self, bus: &str) {
        self.buses.insert(bus.to_owned());
    }

    pub(super) fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Performs a call; `None` if the operation is not implemented. Returns the deliveries beside the response.
    pub(super) fn call(
        &self,
        operation: &str,
        body: &[u8],
        with: &mut Circumstances<'_>,
    ) -> Option<(Answer, Vec<Delivery>)> {
        if operation != "PutEvents" {
            return None;
        }
        Some(self.put(body, with).unwrap_or_else(|refused| (refused, Vec::new())))
    }

    fn put(&self, body: &[u8], with: &mut Circumstances<'_>) -> Result<(Answer, Vec<Delivery>), Answer> {
        let invalid = |why: &str| Answer::error(400, "ValidationException", why);
        let put: PutEvents = serde_json::from_slice(body).map_err(|why| invalid(&why.to_string()))?;
        if put.entries.is_empty() || put.entries.len() > MOST {
            return Err(invalid(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10",
            ));
        }
        if put.entries.iter().map(Entry::size).sum::<usize>() > LARGEST {
            return Err(invalid("Total size of the entries in the request is over the limit."));
        }
        let (mut results, mut deliveries, mut failed) = (Vec::new(), Vec::new(), 0);
        for entry in put.entries {
            match self.accept(&entry, with) {
                Ok((id, found)) => {
                    deliveries.extend(found);
                    results.push(json!({ "EventId": id }));
                }
                Err((code, message)) => {
                    failed += 1;
                    results.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
                }
            }
        }
        Ok((Answer::json(&json!({ "FailedEntryCount": failed, "Entries": results })), deliveries))
    }

    fn accept(
        &self,
        entry: &Entry,
        with: &mut Circumstances<'_>,
    ) -> Result<(String, Vec<Delivery>), (&'static str, String)> {
        let given = |field: &Option<String>, name: &str| {
            let missing = || {
                (
                    "InvalidArgument",
                    format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
                )
            };
            field.clone().filter(|text| !text.is_empty()).ok_or_else(missing)
        };
        let source = given(&entry.source, "Source")?;
        let kind = given(&entry.detail_type, "DetailType")?;
        let detail = given(&entry.detail, "Detail")?;
        let raw: Box<RawValue> = serde_json::from_str(&detail)
            .map_err(|_| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
        if !raw.get().trim_start().starts_with('{') {
            return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
        }
        if with.chance.happens(with.faults.failed_entries) {
            return Err(("InternalFailure", "Internal Service Failure".to_owned()));
        }
        let id = with.chance.id();
        let bus = entry.event_bus_name.as_deref().unwrap_or("default");
        let bus = bus.rsplit('/').next().unwrap_or(bus);
        // EventBridge accepts events for a bus that does not exist.
        if !self.buses.contains(bus) {
            return Ok((id, Vec::new()));
        }
        let time = with.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let event = format!(
            r#"{{"version":"0","id":"{id}","detail-type":{},"source":{},"account":"{ACCOUNT}","time":"{time}","region":"{REGION}","resources":[],"detail":{}}}"#,
            json!(kind),
            json!(source),
            raw.get()
        );
        // Too deep or with half a surrogate: then the rules see the envelope alone.
        let parsed: Value =
            serde_json::from_str(&event).unwrap_or_else(|_| json!({ "detail-type": kind, "source": source }));
        let mut deliveries = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.bus == bus && rule.pattern.matches(&parsed)) {
            for target in &rule.targets {
                let input = target
                    .transformer
                    .as_ref()
                    .map_or_else(|| event.clone(), |one| one.input(&parsed, &event));
                let delivery = Delivery { rule: rule.name.clone(), target: target.clone(), input };
                if with.chance.happens(with.faults.repeated_events) {
                    deliveries.push(delivery.clone());
                }
                deliveries.push(delivery);
            }
        }
        Ok((id, deliveries))
    }
}
