//! The apps of the catalog, by their keys.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::Catalog;
use crate::app::App;
use crate::keyed::UnknownKey;
use crate::quote;

impl App {
    /// All apps of the catalog, by key.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        Catalog::get().keys().iter().copied().map(Self::of)
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        Catalog::get().manifest(self).map_or(self.key(), |manifest| &manifest.label)
    }
}

impl FromStr for App {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let keys = Catalog::get().keys();
        let found = keys.iter().find(|key| **key == text);
        let unknown = || UnknownKey { kind: "app", kinds: "apps", found: quote::short(text), keys };
        found.map(|key| Self::of(key)).ok_or_else(unknown)
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
                text.parse().map_err(|unknown: UnknownKey| E::unknown_variant(text, unknown.keys))
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
            App::HTTP_REQUEST,
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
        assert!(error.contains(" mailchimp, "), "{error}");
    }
}
