//! The apps we integrate with.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::ser::{Serialize, Serializer};

/// A third-party tool that the engine acts in: an app of the [`Catalog`](crate::manifest::Catalog).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct App(&'static str);

/// The apps that code and tests name.
impl App {
    /// Circle.
    pub const CIRCLE: Self = Self("circle");
    /// HighLevel.
    pub const HIGHLEVEL: Self = Self("highlevel");
    /// HTTP Request.
    pub const HTTP_REQUEST: Self = Self("httprequest");
    /// Kajabi.
    pub const KAJABI: Self = Self("kajabi");
    /// Kit.
    pub const KIT: Self = Self("kit");
    /// Mailchimp.
    pub const MAILCHIMP: Self = Self("mailchimp");
    /// Thinkific.
    pub const THINKIFIC: Self = Self("thinkific");
    /// Webhook.
    pub const WEBHOOK: Self = Self("webhook");
}

impl App {
    /// The name in JSON, in the table, in URLs and in the names of resources: lower-case letters and digits.
    pub fn key(self) -> &'static str {
        self.0
    }

    /// The app with a key of the catalog.
    pub(crate) const fn of(key: &'static str) -> Self {
        Self(key)
    }

    /// The app with a key, which need not be in the catalog.
    pub(crate) fn interned(key: &str) -> Self {
        static KEYS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = keys.get(key) {
            return Self(known);
        }
        let key: &'static str = key.to_owned().leak();
        keys.insert(key);
        Self(key)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App({})", self.0)
    }
}

impl fmt::Display for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for App {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}
