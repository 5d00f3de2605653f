//! Failures on demand.
use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::Call;

/// The services that the functions call.
const SERVICES: [&str; 5] = ["dynamodb", "sqs", "events", "kms", "scheduler"];

/// The proxy rejects a fault, with the field and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(String);

/// The operator's instruction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    service: String,
    operation: Option<String>,
    item: Option<String>,
    error: Option<String>,
    status: Option<u16>,
    rate: Option<f64>,
    count: Option<u64>,
    #[serde(default)]
    after: bool,
}

/// The result that a caller gets instead of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// This error.
    Error(StatusCode, String),
    /// A closed connection.
    Closed,
}

/// One fault hitting one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strike {
    /// The call is applied before it fails.
    pub(crate) applied: bool,
    pub(crate) ending: Ending,
}

struct Fault {
    id: u64,
    /// The operator's instruction, to show it again.
    shown: Value,
    wanted: Wanted,
    strike: Strike,
    hits: u64,
}

impl Fault {
    fn new(id: u64, shown: Value) -> Result<Self, Refusal> {
        let wanted: Wanted =
            serde_path_to_error::deserialize(&shown).map_err(|error| Refusal(error.to_string()))?;
        if !SERVICES.contains(&wanted.service.as_str()) {
            let (service, known) = (&wanted.service, SERVICES.join(", "));
            return Err(Refusal(format!("service: `{service}` is not one of {known}")));
        }
        if let Some(rate) = wanted.rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return Err(Refusal(format!("rate: {rate} is not between 0 and 1")));
        }
        let status = wanted.status.map(|status| {
            let refused = || Refusal(format!("status: {status} is not between 400 and 599"));
            Some(status).filter(|status| (400..600).contains(status)).ok_or_else(refused)
        });
        let status = status.transpose()?.and_then(|status| StatusCode::from_u16(status).ok());
        let ending = match (&wanted.error, status) {
            (Some(error), status) => Ending::Error(status.unwrap_or(StatusCode::BAD_REQUEST), error.clone()),
            (None, Some(status)) if status.is_server_error() => {
                Ending::Error(status, "InternalServerError".to_owned())
            }
            (None, Some(_)) => return Err(Refusal("error: needed with a status below 500".to_owned())),
            (None, None) => Ending::Closed,
        };
        let strike = Strike { applied: wanted.after, ending };
        Ok(Self { id, shown, wanted, strike, hits: 0 })
    }

    fn hits(&self, call: &Call) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        self.wanted.service == call.service
            && is(&self.wanted.operation, &call.operation)
            && is(&self.wanted.item, &call.item)
            && self.wanted.count.is_none_or(|count| self.hits < count)
            && self.wanted.rate.is_none_or(|rate| rand::random::<f64>() < rate)
    }
}

#[derive(Default)]
struct Listed {
    last: u64,
    faults: Vec<Fault>,
}

/// The faults in effect, oldest first; the first that matches a call applies.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Listed>);

impl Faults {
    /// Adds a fault; its id is never reused.
    pub(crate) fn add(&self, wanted: Value) -> Result<u64, Refusal> {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = Fault::new(listed.last + 1, wanted)?;
        listed.last = fault.id;
        listed.faults.push(fault);
        Ok(listed.last)
    }

    /// The fault for this call, if any.
    pub(crate) fn strike(&self, call: &Call) -> Option<Strike> {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = listed.faults.iter_mut().find(|fault| fault.hits(call))?;
        fault.hits += 1;
        Some(fault.strike.clone())
    }

    /// All faults, including used-up ones, with their numbers of hits.
    pub(crate) fn show(&self) -> Value {
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let show = |fault: &Fault| json!({ "id": fault.id, "hits": fault.hits, "fault": fault.shown });
        json!({ "faults": listed.faults.iter().map(show).collect::<Vec<_>>() })
    }

    /// Removes all faults.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).faults.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wanted: Value) -> String {
        Faults::default().add(wanted).expect_err("refused").to_string()
    }

    fn call(service: &str, operation: &str) -> Call {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Call { service, operation, item: String::new(), body: Value::Null }
    }

    #[test]
    fn a_mistyped_fault_is_refused_with_the_field_that_is_wrong() {
        assert!(refusal(json!({ "service": "dynamo" })).starts_with("service:"));
        assert!(refusal(json!({ "service": "sqs", "eror": "x" })).contains("eror"));
        assert!(refusal(json!({ "service": "sqs", "rate": 2 })).starts_with("rate:"));
        assert!(refusal(json!({ "service": "sqs", "error": "x", "status": 200 })).starts_with("status:"));
        assert!(refusal(json!({ "service": "sqs", "status": 400 })).starts_with("error:"));
    }

    #[test]
    fn the_oldest_fault_that_matches_decides_until_it_is_used_up() {
        let faults = Faults::default();
        let throttle =
            json!({ "service": "dynamodb", "operation": "PutItem", "error": "Throttled", "count": 1 });
        faults.add(throttle).unwrap();
        faults.add(json!({ "service": "dynamodb", "after": true })).unwrap();
        let put = call("dynamodb", "PutItem");
        let throttled = Ending::Error(StatusCode::BAD_REQUEST, "Throttled".to_owned());
        assert_eq!(faults.strike(&put), Some(Strike { applied: false, ending: throttled }));
        assert_eq!(faults.strike(&put), Some(Strike { applied: true, ending: Ending::Closed }));
        assert_eq!(faults.strike(&call("sqs", "SendMessageBatch")), None);
        assert_eq!(faults.show()["faults"][1]["hits"], 1);
    }
}
