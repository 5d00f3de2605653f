//! An event as EventBridge delivers it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The envelope that EventBridge adds to a fact. `detail` is kept as it was published: no JSON value can represent half
/// a surrogate pair or an array nested a thousand levels deep, so an event must not be converted through one
/// (`serde_json::json!` panics).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BusEvent {
    /// EventBridge's own id of this publication.
    #[serde(default)]
    pub id: String,
    /// The publisher.
    #[serde(default)]
    pub source: String,
    /// The fact's name.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The fact.
    pub detail: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_json_of_a_producer_is_delivered_and_written_unchanged() {
        let nested = "[".repeat(60_000) + &"]".repeat(60_000);
        for detail in
            [r#"{"name":"half a pair: \ud83d"}"#, r#"{"n":18446744073709551617,"e":1e999}"#, &nested]
        {
            let delivered =
                format!(r#"{{"id":"1","source":"commerce","detail-type":"\u004frder","detail":{detail}}}"#);
            let event: BusEvent = serde_json::from_slice(delivered.as_bytes()).unwrap();
            assert!(
                serde_json::to_value(&event).is_err(),
                "it has a value: that it is written proves nothing"
            );
            assert_eq!(serde_json::to_string(&event).unwrap(), delivered.replace("\\u004f", "O"));
        }
    }
}
