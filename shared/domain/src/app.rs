//! The apps we integrate with.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::keyed::UnknownKey;
use crate::manifest::Catalog;
use crate::quote;

/// A third-party tool that the engine acts in: an app of the [`Catalog`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct App(&'static str);

/// The apps that code and tests name.
impl App {
    /// Circle.
    pub const CIRCLE: Self = Self("circle");
    /// HighLevel.
    pub const HIGHLEVEL: Self = Self("highlevel");
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
    /// All apps of the catalog, by key.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        Catalog::get().keys().iter().copied().map(Self)
    }

    /// The name in JSON, in the table, in URLs and in the names of resources: lower-case letters and digits.
    pub fn key(self) -> &'static str {
        self.0
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        Catalog::get().manifest(self).map_or(self.0, |manifest| &manifest.label)
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

impl FromStr for App {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let keys = Catalog::get().keys();
        let found = keys.iter().find(|key| **key == text);
        let unknown = || UnknownKey { kind: "app", kinds: "apps", found: quote::short(text), keys };
        found.map(|key| Self(key)).ok_or_else(unknown)
    }
}

impl Serialize for App {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;
        impl Visitor<'_> for Key {
            type Value = App;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the key of an app")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<App, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_code_in_json_and_as_it_is_read() {
        for app in App::all() {
            assert_eq!(serde_json::to_value(app).unwrap(), app.key());
            assert_eq!(app.key().parse(), Ok(app));
            assert_ne!(app.label(), app.key());
        }
        let named = [
            App::CIRCLE,
            App::HIGHLEVEL,
            App::KAJABI,
            App::KIT,
            App::MAILCHIMP,
            App::THINKIFIC,
            App::WEBHOOK,
        ];
        for app in named {
            assert!(App::all().any(|known| known == app), "{app}");
        }
    }

    #[test]
    fn an_unknown_key_gets_the_list() {
        let error = "mailchump".parse::<App>().unwrap_err().to_string();
        assert!(error.starts_with("app `mailchump` does not exist; the apps are: "), "{error}");
        assert!(error.contains(" kit, mailchimp, "), "{error}");
        let error = serde_json::from_str::<App>("\"mailchump\"").unwrap_err().to_string();
        assert!(error.starts_with("app `mailchump` does not exist"), "{error}");
    }
}
