//! The sweeper, and whether a sweep would find something.

use domain::id::time_key;

use super::code::Code;
use crate::aws::functions::Context;
use crate::aws::{Aws, Value};

/// The table.
pub(super) const TABLE: &str = "engine-Table";

/// A sweep that would find nothing changes nothing, so most of them are left out. Of the others, each runs.
pub(super) struct Sweeps {
    aws: Aws,
    sweeper: ::sweeper::sweep::Sweeper,
}

impl Sweeps {
    pub(super) async fn start(aws: Aws) -> Result<Self, String> {
        let sweeper = ::sweeper::sweep::Sweeper::start().await.map_err(|error| error.to_string())?;
        Ok(Self { aws, sweeper })
    }
}

impl Code for Sweeps {
    async fn handle(&self, _: String, context: Context) -> Result<String, String> {
        if !is_due(&self.aws) {
            return Ok("null".to_owned());
        }
        self.sweeper
            .sweep(context.deadline)
            .await
            .map(|sent| sent.to_string())
            .map_err(|error| error.to_string())
    }
}

/// Whether a job or a request is due.
fn is_due(aws: &Aws) -> bool {
    let until = format!("{}~", time_key(aws.now()));
    aws.items(TABLE).iter().any(|item| {
        let text = |name| item.get(name).and_then(Value::text).unwrap_or_default();
        let partition = text("due_pk");
        (partition.starts_with("DUE#") || partition == "REQUESTS") && text("due_sk") <= until.as_str()
    })
}
