//! The previews of a connector's actions.

use std::collections::BTreeMap;

use domain::connector_rpc::PreviewedAction;
use domain::job::Job;
use domain::manifest::{Catalog, Setting, SettingKind};
use domain::payload::Payload;
use serde_json::{Map, Value, json};

use super::job;
use super::wire::Connect;
use crate::call::Connector;
use crate::credentials::Credentials;
use crate::http::HttpSettings;
use crate::preview::{self, StandIns};

/// No server listens at this address, so a request that is sent fails.
const NOBODY: &str = "http://127.0.0.1:9";

/// Previews every action of the manifest, for an account that is connected by `method`. The settings are `7`, or the
/// first choice. Returns the previews by action.
///
/// # Panics
/// A preview shows one of the secrets, or neither a request nor the reason why there is none.
pub async fn previews<C: Connector>(
    connect: Connect<C>,
    method: &str,
    credentials: Value,
    secrets: &[&str],
) -> BTreeMap<String, PreviewedAction> {
    previews_with(connect, method, credentials, secrets, &Map::new()).await
}

/// The same with other values for some settings.
///
/// # Panics
/// As [`previews`].
#[expect(clippy::expect_used, reason = "constants, in tests")]
pub async fn previews_with<C: Connector>(
    connect: Connect<C>,
    method: &str,
    credentials: Value,
    secrets: &[&str],
    given: &Map<String, Value>,
) -> BTreeMap<String, PreviewedAction> {
    let settings = HttpSettings::with_sandbox(NOBODY).expect("an address");
    let connector = connect(&settings).expect("a connector");
    let real = Credentials::parse(credentials.to_string().as_bytes()).expect("an object of strings");
    let app = connector.app();
    let stand_ins = StandIns::of(app, method, &real);
    let manifest = Catalog::get().manifest(app).expect("a manifest");
    let mut previews = BTreeMap::new();
    for action in &manifest.actions {
        let settings = action.settings.iter().map(|setting| {
            let value = given.get(&setting.key).cloned().unwrap_or_else(|| value(setting));
            (setting.key.clone(), value)
        });
        let job = job::job(app, &action.key, Value::Object(settings.collect::<Map<_, _>>()));
        let job = Job { payload: Some(sale()), ..job };
        let preview = Box::pin(preview::action(&connector, &job, &stand_ins)).await;
        assert!(!preview.requests.is_empty() || preview.reason.is_some(), "{}: {preview:?}", action.key);
        let shown = serde_json::to_string(&preview).expect("JSON");
        for secret in secrets {
            assert!(!shown.contains(secret), "{}: {shown}", action.key);
        }
        previews.insert(action.key.clone(), preview);
    }
    previews
}

/// The requests of a preview: method and path.
pub fn previewed_lines(preview: &PreviewedAction) -> Vec<String> {
    let path = |url: &str| url.strip_prefix(NOBODY).unwrap_or(url).to_owned();
    preview.requests.iter().map(|request| format!("{} {}", request.method, path(&request.url))).collect()
}

fn value(setting: &Setting) -> Value {
    match setting.kind {
        SettingKind::Boolean => json!(false),
        SettingKind::Choice => json!(setting.choices.first().map(|choice| &choice.value)),
        SettingKind::Text | SettingKind::Option => json!("7"),
    }
}

/// The detail of a purchase of one line.
fn sale() -> Payload {
    let money = json!({ "amount": 4900, "currency": "USD" });
    Payload::from(json!({
        "id": "ord_1.completed", "marketplace_id": "shop-1", "occurred_at": "2026-11-21T09:59:00Z", "test_mode": false,
        "customer": { "id": "cus_1", "email": "ada@example.com", "first_name": "Ada" },
        "order": { "id": "ord_1", "total": money },
        "item": {
            "line_id": "li_1", "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 1,
            "price": money,
        },
    }))
}
