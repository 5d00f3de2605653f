//! The samples of `events/`, made a marketplace's own.

use std::path::{Path, PathBuf};

use domain::fact::Fact;
use domain::id::{EventId, MarketplaceId};
use domain::plan;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .expect("JSON")
}

/// `expected.json`: what each sample fires, and what is wrong with each invalid one.
pub(crate) fn expected() -> Value {
    read(&folder().join("expected.json"))
}

/// One sample.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) detail_type: String,
    pub(crate) detail: Value,
}

impl Sample {
    pub(crate) fn read(name: &str) -> Self {
        let entry = &read(&folder().join(format!("{name}.json")))[0];
        Self {
            detail_type: entry["DetailType"].as_str().expect("a detail-type").to_owned(),
            detail: serde_json::from_str(entry["Detail"].as_str().expect("a detail")).expect("JSON"),
        }
    }

    /// The same with one field of the detail set, by JSON pointer; what is on the way must be there.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        let parent = self.detail.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}: no parent"));
        match parent {
            Value::Array(list) => list[field.parse::<usize>().expect("an index")] = value.into(),
            parent => parent[field] = value.into(),
        }
        self
    }

    /// The same for another customer.
    pub(crate) fn email(self, email: &str) -> Self {
        self.with("/customer/email", email)
    }

    /// The same as another fact.
    pub(crate) fn id(self, id: &str) -> Self {
        self.with("/id", id)
    }

    /// The same, having occurred now.
    pub(crate) fn now(self) -> Self {
        self.with("/occurred_at", json!(runtime_now()))
    }

    /// The same in a marketplace.
    pub(crate) fn of(self, marketplace: &MarketplaceId) -> Self {
        self.with("/marketplace_id", marketplace.as_str())
    }

    pub(crate) fn event_id(&self) -> EventId {
        plan::event_id(&Fact::parse(&self.detail_type, &self.detail.to_string()).expect("a fact"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is an edge")]
pub(crate) fn runtime_now() -> String {
    jiff::Timestamp::now().to_string()
}
