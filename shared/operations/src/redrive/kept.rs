//! The shapes in which a fact comes to lie in the facts queue.

use domain::fact::{Fact, FactError, ProductSaved};
use runtime::bus_event::BusEvent;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A fact as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Who published it.
    pub source: String,
    /// Its name.
    pub detail_type: String,
    /// Its detail, JSON.
    pub detail: String,
}

/// A message that cannot be published again.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It holds no event of the bus.
    #[error("it holds no event of the bus")]
    NoEvent,
    /// It is a prospect whose time was over, which only the prospects function can go on with.
    #[error("it is a prospect whose time was over: invoke the prospects function with the message")]
    Matured,
    /// Nobody is named as its publisher.
    #[error("its event names no source")]
    NoSource,
    /// It breaks the contract.
    #[error("it breaks the contract: {0}")]
    Invalid(#[from] FactError),
}

/// All shapes in one: the fields of each.
#[derive(Debug, Deserialize)]
struct Message {
    /// Ours, with a reason beside it: a fact that no trigger can read, or a name that is none.
    event: Option<BusEvent>,
    /// Lambda's record of an invocation that failed every time.
    #[serde(rename = "requestPayload")]
    request_payload: Option<Payload>,
    /// A prospect whose time was over, from EventBridge Scheduler.
    matured: Option<Box<RawValue>>,
    /// EventBridge's own: the event, with the reason in the message's attributes.
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Box<RawValue>>,
}

/// What a function was invoked with: an event of the bus, or a prospect whose time was over.
#[derive(Debug, Deserialize)]
struct Payload {
    matured: Option<Box<RawValue>>,
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Box<RawValue>>,
}

/// Reads a message, and holds its fact against the contract.
pub fn read(body: &str) -> Result<Kept, Unfit> {
    let message: Message = serde_json::from_str(body).map_err(|_| Unfit::NoEvent)?;
    let (source, detail_type, detail) = match message {
        Message { event: Some(event), .. } => {
            (Some(event.source), Some(event.detail_type), Some(event.detail))
        }
        Message { matured: Some(_), .. }
        | Message { request_payload: Some(Payload { matured: Some(_), .. }), .. } => {
            return Err(Unfit::Matured);
        }
        Message { request_payload: Some(payload), .. } => {
            (payload.source, payload.detail_type, payload.detail)
        }
        Message { source, detail_type, detail, .. } => (source, detail_type, detail),
    };
    let (Some(detail_type), Some(detail)) = (detail_type, detail) else { return Err(Unfit::NoEvent) };
    let source = source.filter(|source| !source.is_empty()).ok_or(Unfit::NoSource)?;
    let detail = detail.get().to_owned();
    if detail_type == ProductSaved::DETAIL_TYPE {
        ProductSaved::parse(&detail)?;
    } else {
        Fact::parse(&detail_type, &detail)?;
    }
    Ok(Kept { source, detail_type, detail })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample;

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
            let kept = read(&shape.to_string()).unwrap();
            assert_eq!((kept.source.as_str(), kept.detail_type.as_str()), ("commerce", "Order Completed"));
            let detail: Value = serde_json::from_str(&kept.detail).unwrap();
            assert_eq!(detail, event()["detail"]);
        }
    }

    #[test]
    fn what_cannot_be_published_says_why() {
        let matured = json!({ "matured": event() });
        let unfit = |message: &Value| read(&message.to_string()).unwrap_err();
        assert!(matches!(read("no JSON"), Err(Unfit::NoEvent)));
        assert!(matches!(unfit(&json!({ "reason": "it broke" })), Unfit::NoEvent));
        assert!(matches!(unfit(&matured), Unfit::Matured));
        assert!(matches!(unfit(&json!({ "requestPayload": matured })), Unfit::Matured));
        let mut nobodys = event();
        nobodys["source"] = json!("");
        assert!(matches!(unfit(&nobodys), Unfit::NoSource));
        let mut broken = event();
        broken["detail"]["customer"] = json!({});
        assert!(matches!(unfit(&json!({ "reason": "it broke", "event": broken })), Unfit::Invalid(_)));
        let mut unknown = event();
        unknown["detail-type"] = json!("Order Complete");
        assert!(matches!(unfit(&unknown), Unfit::Invalid(FactError::UnknownDetailType { .. })));
    }
}
