//! The samples of `events/`, adapted to a marketplace.

use std::path::{Path, PathBuf};

use domain::fact::Fact;
use domain::id::MarketplaceId;
use serde_json::{Value, json};

use crate::clock::now;
use crate::local::project;

fn folder() -> PathBuf {
    project().join("events/samples")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .expect("JSON")
}

/// `expected.json`: the triggers that each sample fires, and the error of each invalid sample.
pub fn expected() -> Value {
    read(&folder().join("expected.json"))
}

/// A sample.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The name of its fact.
    pub detail_type: String,
    /// The fact.
    pub detail: Value,
}

impl Sample {
    /// The first sample of a file.
    pub fn read(name: &str) -> Self {
        let entry = &read(&folder().join(format!("{name}.json")))[0];
        Self {
            detail_type: entry["DetailType"].as_str().expect("a detail-type").to_owned(),
            detail: serde_json::from_str(entry["Detail"].as_str().expect("a detail")).expect("JSON"),
        }
    }

    /// The same sample with one field of the detail set, by JSON pointer, whose parents must exist.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        let parent = self.detail.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}: no parent"));
        match parent {
            Value::Array(list) => list[field.parse::<usize>().expect("an index")] = value.into(),
            parent => parent[field] = value.into(),
        }
        self
    }

    /// The same sample for another customer.
    #[must_use]
    pub fn email(self, email: &str) -> Self {
        self.with("/customer/email", email)
    }

    /// The same sample as another fact.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.with("/id", id)
    }

    /// The same sample, occurring now.
    #[must_use]
    pub fn now(self) -> Self {
        self.with("/occurred_at", json!(now()))
    }

    /// The same sample in a marketplace.
    #[must_use]
    pub fn of(self, marketplace: &MarketplaceId) -> Self {
        self.with("/marketplace_id", marketplace.as_str())
    }

    /// The fact.
    pub fn fact(&self) -> Fact {
        Fact::parse(&self.detail_type, &self.detail.to_string()).expect("a fact")
    }
}
