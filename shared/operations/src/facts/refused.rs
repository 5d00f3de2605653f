//! The shapes of the messages in the facts queue.

use domain::fact::{Fact, FactError, FactKind, ProductSaved};
use runtime::bus_event::BusEvent;
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::sources::Sources;

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RefusedFact {
    /// A fact as it was published.
    Fact {
        /// The publisher of the fact.
        source: String,
        /// The name of the fact.
        detail_type: String,
        /// The detail as JSON.
        detail: String,
    },
    /// A prospect whose timer had ended.
    Matured {
        /// The payload for the prospects function, as JSON.
        invocation: String,
    },
}

/// The reason why a message cannot be redriven.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// The message has no event of the bus.
    #[error("it holds no event of the bus")]
    NoEvent,
    /// The event names no publisher.
    #[error("its event names no source")]
    NoSource,
    /// No bus rule matches the source, so the fact would return to the queue.
    #[error(
        "its source `{found}` is not among the known sources ({known}): add it to the stack's parameter Source, or have \
         the fact published with a known source"
    )]
    UnknownSource {
        /// The event's source.
        found: String,
        /// The known sources.
        known: Sources,
    },
    /// The fact breaks the contract.
    #[error("it breaks the contract: {0}")]
    Invalid(#[from] FactError),
}

/// The fields of all shapes.
#[derive(Debug, Deserialize)]
struct Message {
    /// Written by the engine, with a reason: a fact that no trigger can read, or an unknown name.
    event: Option<BusEvent>,
    /// Lambda's record of an invocation that failed in every attempt.
    #[serde(rename = "requestPayload")]
    request_payload: Option<Payload>,
    /// Written by EventBridge Scheduler: a prospect whose timer had ended.
    matured: Option<BusEvent>,
    /// Written by EventBridge: the event, with the reason in the message's attributes.
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Box<RawValue>>,
}

/// The payload that a function was invoked with: an event of the bus, or a prospect whose timer had ended.
#[derive(Debug, Deserialize)]
struct Payload {
    matured: Option<BusEvent>,
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Box<RawValue>>,
}

/// Parses a message, and validates its fact against the contract.
pub(super) fn read(body: &str, sources: &Sources) -> Result<RefusedFact, Unfit> {
    let message: Message = serde_json::from_str(body).map_err(|_| Unfit::NoEvent)?;
    let (source, detail_type, detail) = match message {
        Message { event: Some(event), .. } => {
            (Some(event.source), Some(event.detail_type), Some(event.detail))
        }
        Message { matured: Some(event), .. }
        | Message { request_payload: Some(Payload { matured: Some(event), .. }), .. } => {
            return matured(event);
        }
        Message { request_payload: Some(payload), .. } => {
            (payload.source, payload.detail_type, payload.detail)
        }
        Message { source, detail_type, detail, .. } => (source, detail_type, detail),
    };
    let (Some(detail_type), Some(detail)) = (detail_type, detail) else { return Err(Unfit::NoEvent) };
    let source = source.filter(|source| !source.is_empty()).ok_or(Unfit::NoSource)?;
    let known = sources.of(&detail_type);
    if !known.has(&source) {
        return Err(Unfit::UnknownSource { found: source, known });
    }
    let detail = detail.get().to_owned();
    if detail_type == ProductSaved::DETAIL_TYPE {
        ProductSaved::receive(&detail, clock::now())?;
    } else {
        Fact::receive(&detail_type, &detail, clock::now())?;
    }
    Ok(RefusedFact::Fact { source, detail_type, detail })
}

/// The input of the schedule, as the prospects function wrote it.
#[derive(Serialize)]
struct Invocation {
    matured: BusEvent,
}

fn matured(event: BusEvent) -> Result<RefusedFact, Unfit> {
    if event.detail_type != FactKind::ProspectCreated.detail_type() {
        return Err(FactError::UnknownDetailType { found: event.detail_type }.into());
    }
    // The function would put a fact that breaks the contract back into this queue.
    Fact::receive(&event.detail_type, event.detail.get(), clock::now())?;
    let invocation = serde_json::to_string(&Invocation { matured: event }).map_err(|_| Unfit::NoEvent)?;
    Ok(RefusedFact::Matured { invocation })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample;

    fn read(body: &str) -> Result<RefusedFact, Unfit> {
        super::read(body, &"commerce".parse().unwrap())
    }

    fn event() -> Value {
        let detail: Value = serde_json::from_str(&sample::event(json!({})).detail).unwrap();
        json!({ "id": "1", "version": "0", "source": "commerce", "detail-type": "Order Completed", "detail": detail })
    }

    #[test]
    fn a_fact_is_found_in_every_shape_that_it_is_kept_in() {
        let shapes = [
            json!({ "reason": "it broke", "trigger": "order_completed", "event": event() }),
            json!({ "version": "1.0", "requestContext": { "condition": "RetriesExhausted" },
                "requestPayload": event(), "responseContext": { "statusCode": 200 }, "responsePayload": null }),
            event(),
        ];
        for shape in shapes {
            let RefusedFact::Fact { source, detail_type, detail } = read(&shape.to_string()).unwrap() else {
                panic!("{shape}")
            };
            assert_eq!((source.as_str(), detail_type.as_str()), ("commerce", "Order Completed"));
            let detail: Value = serde_json::from_str(&detail).unwrap();
            assert_eq!(detail, event()["detail"]);
        }
    }

    #[test]
    fn a_prospect_whose_time_was_over_is_found_as_the_schedule_gave_it() {
        let input = json!({ "matured": prospect() });
        for shape in [input.clone(), json!({ "version": "1.0", "requestPayload": input })] {
            let RefusedFact::Matured { invocation } = read(&shape.to_string()).unwrap() else {
                panic!("{shape}")
            };
            let matured = &serde_json::from_str::<Value>(&invocation).unwrap()["matured"];
            assert_eq!(matured["detail-type"], "Prospect Created");
            assert_eq!(matured["detail"], prospect()["detail"]);
        }
    }

    fn prospect() -> Value {
        let sample = include_str!("../../../../events/samples/prospect-created.left-checkout.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let detail: Value = serde_json::from_str(sample[0]["Detail"].as_str().unwrap()).unwrap();
        json!({ "id": "1", "source": "commerce", "detail-type": "Prospect Created", "detail": detail })
    }

    #[test]
    fn what_cannot_go_on_says_why() {
        let unfit = |message: &Value| read(&message.to_string()).unwrap_err();
        assert!(matches!(read("no JSON"), Err(Unfit::NoEvent)));
        assert!(matches!(unfit(&json!({ "reason": "it broke" })), Unfit::NoEvent));
        let unknown = unfit(&json!({ "matured": event() }));
        assert!(matches!(unknown, Unfit::Invalid(FactError::UnknownDetailType { .. })));
        let mut nobody = prospect();
        nobody["detail"]["customer"] = json!({});
        assert!(matches!(unfit(&json!({ "matured": nobody })), Unfit::Invalid(_)));
        let mut nobodys = event();
        nobodys["source"] = json!("");
        assert!(matches!(unfit(&nobodys), Unfit::NoSource));
        let mut foreign = event();
        foreign["source"] = json!("shop");
        let said = unfit(&json!({ "reason": "it broke", "event": foreign })).to_string();
        assert!(said.starts_with("its source `shop` is not among the known sources (commerce)"), "{said}");
        let mut broken = event();
        broken["detail"]["customer"] = json!({});
        assert!(matches!(unfit(&json!({ "reason": "it broke", "event": broken })), Unfit::Invalid(_)));
        let mut ahead = event();
        ahead["detail"]["occurred_at"] = json!("9026-05-04T10:00:00Z");
        let said = unfit(&json!({ "reason": "it broke", "event": ahead })).to_string();
        assert!(said.contains("`occurred_at`"), "{said}");
        let mut unknown = event();
        unknown["detail-type"] = json!("Order Complete");
        assert!(matches!(unfit(&unknown), Unfit::Invalid(FactError::UnknownDetailType { .. })));
    }
}
