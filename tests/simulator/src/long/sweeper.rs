//! The sweeper, and whether a sweep would find something.

use domain::id::time_key;
use jiff::Timestamp;

use super::code::Code;
use crate::aws::functions::Context;
use crate::aws::{Item, Value};

/// The table.
pub(super) const TABLE: &str = "engine-Table";
/// The index that the sweeper reads.
pub(super) const DUE: &str = "due";

impl Code for ::sweeper::sweep::Sweeper {
    async fn handle(&self, _: String, context: Context) -> Result<String, String> {
        let swept = self.sweep(context.deadline).await;
        swept.map(|sent| sent.to_string()).map_err(|error| error.to_string())
    }
}

/// Whether a sweep finds a job or a request in the index.
pub(super) fn is_due(item: &Item, now: Timestamp) -> bool {
    let text = |name| item.get(name).and_then(Value::text).unwrap_or_default();
    let partition = text("due_pk");
    (partition.starts_with("DUE#") || partition == "REQUESTS")
        && text("due_sk") <= format!("{}~", time_key(now)).as_str()
}
