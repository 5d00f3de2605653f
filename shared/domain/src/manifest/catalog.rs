//! The manifests of all apps: ours, and the operator's own.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Manifest;
use crate::app::App;

include!(concat!(env!("OUT_DIR"), "/apps.rs"));

/// The longest key of an app. Names of resources consist of the stack's name and the key.
const LONGEST_KEY: usize = 24;

/// The manifests of all apps, by key. The manifest of one of our apps is parsed when it is first needed.
#[derive(Debug)]
pub struct Catalog {
    keys: Vec<&'static str>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    text: &'static str,
    manifest: OnceLock<Manifest>,
}

static CATALOG: OnceLock<Catalog> = OnceLock::new();

/// Definitions that cannot be added to the catalog.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCatalog {
    /// The text is not a JSON list of definitions.
    #[error("the definitions are not a JSON list of apps: {0}")]
    NotAList(serde_json::Error),
    /// A definition has no valid manifest.
    #[error("the definition of app {number} of the list is not valid: {error}")]
    Manifest {
        /// Its place in the list, from 1.
        number: usize,
        /// The reason.
        error: serde_json::Error,
    },
    /// A key that cannot name a resource.
    #[error("app `{0}` needs another key: 2 to {LONGEST_KEY} lower-case letters and digits, a letter first")]
    Key(String),
    /// Two apps with one key.
    #[error("app `{0}` is defined twice: give your own another key")]
    Twice(String),
    /// The catalog was read before it was complete.
    #[error("the catalog was read before the operator's apps were added")]
    TooLate,
}

impl Catalog {
    /// The catalog of this process: our apps and, after [`install`](Self::install), the operator's.
    pub fn get() -> &'static Self {
        CATALOG.get_or_init(Self::built_in)
    }

    /// Adds the operator's own apps to the catalog of this process: a JSON list of definitions. It must be called before
    /// the catalog is first read.
    ///
    /// # Errors
    /// [`InvalidCatalog`]
    pub fn install(own: &str) -> Result<(), InvalidCatalog> {
        CATALOG.set(Self::with(own)?).map_err(|_| InvalidCatalog::TooLate)
    }

    /// A catalog of our apps alone.
    pub fn built_in() -> Self {
        let entries = BUILT_IN.iter().map(|(_, text)| Entry { text, manifest: OnceLock::new() });
        Self { keys: BUILT_IN.iter().map(|(key, _)| *key).collect(), entries: entries.collect() }
    }

    /// A catalog of our apps and the operator's own.
    ///
    /// # Errors
    /// [`InvalidCatalog`]
    pub fn with(own: &str) -> Result<Self, InvalidCatalog> {
        let mut catalog = Self::built_in();
        let texts: Vec<&RawValue> = serde_json::from_str(own).map_err(InvalidCatalog::NotAList)?;
        for (index, text) in texts.into_iter().enumerate() {
            let manifest: Manifest = serde_json::from_str(text.get())
                .map_err(|error| InvalidCatalog::Manifest { number: index + 1, error })?;
            let key = manifest.app.key();
            if !Self::is_key(key) {
                return Err(InvalidCatalog::Key(key.to_owned()));
            }
            let Err(place) = catalog.keys.binary_search(&key) else {
                return Err(InvalidCatalog::Twice(key.to_owned()));
            };
            catalog.keys.insert(place, key);
            let text: &'static str = text.get().to_owned().leak();
            catalog.entries.insert(place, Entry { text, manifest: OnceLock::from(manifest) });
        }
        Ok(catalog)
    }

    /// The catalog without the other apps.
    #[must_use]
    pub fn only(&self, apps: &BTreeSet<App>) -> Self {
        let kept = self.keys.iter().zip(&self.entries);
        let kept = kept.filter(|(key, _)| apps.iter().any(|app| app.key() == **key));
        let (keys, entries) = kept.map(|(key, entry)| (*key, entry.clone())).unzip();
        Self { keys, entries }
    }

    /// Whether a text can be an app's key: it is a part of the names of resources.
    pub fn is_key(key: &str) -> bool {
        let is_name = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && key.starts_with(|first: char| first.is_ascii_lowercase());
        is_name && (2..=LONGEST_KEY).contains(&key.len())
    }

    /// The keys of all apps.
    pub fn keys(&self) -> &[&'static str] {
        &self.keys
    }

    /// An app's manifest.
    pub fn manifest(&self, app: App) -> Option<&Manifest> {
        let place = self.keys.binary_search(&app.key()).ok()?;
        Some(self.entries.get(place)?.manifest())
    }

    /// The manifests of all apps.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Manifest> {
        self.entries.iter().map(Entry::manifest)
    }
}

impl Entry {
    fn manifest(&self) -> &Manifest {
        #[expect(
            clippy::expect_used,
            reason = "our manifests are part of the program, and a test reads each"
        )]
        self.manifest.get_or_init(|| serde_json::from_str(self.text).expect("a manifest that reads"))
    }
}

/// The manifest's own key, which need not be in the catalog yet.
pub(super) fn own_key<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<App, D::Error> {
    Ok(App::interned(&String::deserialize(deserializer)?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn own(app: &str) -> Value {
        json!({
            "app": app, "label": "Bakery", "description": "Bakes.", "category": "automation",
            "mark": { "initials": "Ba", "color": "amber" }, "methods": [], "triggers": [], "actions": [],
        })
    }

    #[test]
    fn an_operators_own_app_is_found_beside_ours() {
        let catalog = Catalog::with(&json!([own("bakery")]).to_string()).unwrap();
        let bakery = App::interned("bakery");
        assert_eq!(catalog.manifest(bakery).unwrap().label, "Bakery");
        assert_eq!(catalog.all().len(), Catalog::get().all().len() + 1);
        assert_eq!(catalog.manifest(App::WEBHOOK).unwrap().label, "Webhook");
        assert!(catalog.keys().is_sorted());
    }

    #[test]
    fn definitions_that_cannot_be_added_are_named() {
        for (list, error) in [
            (json!([own("kit")]), "app `kit` is defined twice"),
            (json!([own("bakery"), own("bakery")]), "app `bakery` is defined twice"),
            (json!([own("my-app")]), "app `my-app` needs another key"),
            (json!([own("x")]), "app `x` needs another key"),
            (json!([own("bakery"), {"app": "b"}]), "app 2 of the list is not valid"),
            (json!({}), "not a JSON list"),
        ] {
            let refused = Catalog::with(&list.to_string()).unwrap_err().to_string();
            assert!(refused.contains(error), "{refused}");
        }
    }

    #[test]
    fn nothing_is_added_to_a_catalog_that_was_read() {
        Catalog::get();
        assert!(matches!(Catalog::install("[]"), Err(InvalidCatalog::TooLate)));
    }
}
