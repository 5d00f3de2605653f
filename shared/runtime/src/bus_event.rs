//! An event as EventBridge delivers it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The envelope that EventBridge puts around a fact; `detail` stays as it was published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BusEvent {
    /// EventBridge's own id of this publication.
    #[serde(default)]
    pub id: String,
    /// Who published it.
    #[serde(default)]
    pub source: String,
    /// The fact's name.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// The fact.
    pub detail: Box<RawValue>,
}
