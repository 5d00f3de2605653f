//! The examples of an app's file: credentials and settings that the app's stand-in knows.

use domain::app::App;
use domain::manifest::{Action, Catalog, EffectKind, Manifest, Method, Switch};
use serde_json::{Map, Value, json};

/// A way to connect an app that is data, and an action to perform with it.
pub(super) struct Example {
    pub(super) app: App,
    pub(super) method: &'static Method,
    pub(super) action: &'static Action,
    pub(super) settings: Value,
}

impl Example {
    /// One for each connection method of each app whose stand-in is made from its examples.
    pub(super) fn all() -> Vec<Self> {
        // They have stand-ins of their own, with other ids.
        let own = [App::CIRCLE, App::THINKIFIC];
        let manifests = Catalog::get().all().filter(|manifest| !own.contains(&manifest.app));
        manifests.flat_map(Self::of_all_methods).collect()
    }

    /// The one of an app's login.
    pub(super) fn login(app: &str) -> Self {
        let manifest = Catalog::get().manifest(app.parse().expect("an app")).expect("a manifest");
        let mut examples = Self::of_all_methods(manifest).into_iter();
        examples.find(|example| example.method.oauth.is_some()).expect("a login")
    }

    /// One for each connection method whose credentials are among the examples.
    fn of_all_methods(manifest: &'static Manifest) -> Vec<Self> {
        let Some(examples) = read(manifest) else { return Vec::new() };
        let is_known = |method: &&Method| {
            let mut needed = method.credentials.iter().filter(|credential| !credential.optional);
            needed.all(|credential| examples["credentials"].get(&credential.key).is_some())
        };
        let of = |method| {
            let gives =
                |action: &&Action| !matches!(action.effect, EffectKind::State { desired: Switch::Off, .. });
            let action = manifest.actions.iter().find(gives).expect("an action that gives something");
            let value = |(key, value): (&String, &Value)| {
                let setting = action.settings.iter().find(|setting| setting.key == *key);
                let is_list = setting.is_some_and(|setting| setting.many);
                (key.clone(), if is_list { json!([value]) } else { value.clone() })
            };
            let settings = examples["actions"][&action.key]["settings"].as_object();
            let settings: Map<String, Value> = settings.into_iter().flatten().map(value).collect();
            Self { app: manifest.app, method, action, settings: json!(settings) }
        };
        manifest.methods.iter().filter(is_known).map(of).collect()
    }

    /// The credentials, with secret ones in another form.
    pub(super) fn credentials(&self, secret: impl Fn(&str) -> String) -> Value {
        let manifest = Catalog::get().manifest(self.app).expect("a manifest");
        let examples = read(manifest).expect("examples");
        let own = self.method.credentials.iter().filter_map(|credential| {
            let value = examples["credentials"].get(&credential.key)?.as_str()?;
            let value = if credential.secret { secret(value) } else { value.to_owned() };
            Some((credential.key.clone(), json!(value)))
        });
        Value::Object(own.collect())
    }
}

fn read(manifest: &Manifest) -> Option<Value> {
    manifest.examples.as_ref().map(|examples| serde_json::from_str(examples.get()).expect("JSON"))
}
