//! The shop of every long history: its accounts, and the rules that it can have.

use std::collections::BTreeMap;

use domain::app::App;
use domain::condition::Condition;
use domain::id::{IntegrationId, ProductId};
use domain::rule::Scope;
use domain::settings::Settings;
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::rules::RuleInput;
use secrecy::SecretString;
use serde_json::{Value, json};

pub(super) const MARKETPLACE: &str = "shop";
pub(super) const PRODUCTS: [&str; 2] = ["course", "ebook"];
/// The apps of the shop; each has one account.
pub(super) const APPS: [App; 3] = [App::KIT, App::MAILCHIMP, App::WEBHOOK];
/// The address of the apps.
pub(super) const SANDBOX: &str = "https://apps.example.com";

/// 2026-05-04T10:00:00Z.
pub(super) const BEGIN: Timestamp = Timestamp::constant(1_777_888_800, 0);

/// The number of rules that a shop can have.
pub(super) const RULES: usize = ROWS.len();

/// Product, trigger, app, action, and the value of its target or, for a message, nothing.
type Row = (Option<usize>, Trigger, App, &'static str, &'static [&'static str]);

const ROWS: [Row; 16] = [
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Buyer"]),
    (None, Trigger::ProductRefunded, App::KIT, "remove_tag", &["Buyer"]),
    (Some(0), Trigger::ProductPurchased, App::KIT, "add_tag", &["Course", "VIP"]),
    (Some(0), Trigger::ProductRefunded, App::KIT, "remove_tag", &["Course"]),
    (None, Trigger::ProductPurchased, App::WEBHOOK, "send_notify_url_post", &[]),
    (None, Trigger::OrderCompleted, App::WEBHOOK, "send_notify_url_post_for_orders", &[]),
    (None, Trigger::ProductPurchased, App::MAILCHIMP, "add_to_list", &["demo"]),
    (None, Trigger::ProductRefunded, App::MAILCHIMP, "remove_from_list", &["demo"]),
    (None, Trigger::ProspectCreated, App::KIT, "add_tag", &["Prospect"]),
    (None, Trigger::ProductPartiallyRefunded, App::WEBHOOK, "send_notify_url_post", &[]),
    (None, Trigger::OrderCompleted, App::KIT, "add_tag", &["Buyer"]),
    (Some(1), Trigger::ProductPurchased, App::KIT, "remove_tag", &["VIP"]),
    (None, Trigger::ProductRefunded, App::WEBHOOK, "send_notify_url_post", &[]),
    // Condition, gift, disabled: see `rule`.
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Big"]),
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Gift"]),
    (None, Trigger::OrderCompleted, App::KIT, "add_tag", &["Never"]),
];
const WITH_CONDITION: usize = 13;
const OF_GIFTS: usize = 14;
const DISABLED: usize = 15;

/// The shop's account of an app.
pub(super) fn account(app: App) -> Option<IntegrationId> {
    IntegrationId::new(format!("int_{app}")).ok()
}

/// A rule as the merchant enters it. In its other version, it names another tag, or has other products.
pub(super) fn rule(nth: usize, other: bool) -> Option<RuleInput> {
    let (product, trigger, app, action, target) = *ROWS.get(nth)?;
    let settings: Value = match app {
        App::KIT if other => json!({ "tag": ["Edited"] }),
        App::KIT => json!({ "tag": target }),
        App::MAILCHIMP => json!({ "list_id": target.first() }),
        _ => json!({}),
    };
    let product = if other && app != App::KIT { Some(1) } else { product };
    let products = product.and_then(|product| ProductId::new(PRODUCTS[product]).ok());
    let condition: Option<Condition> =
        serde_json::from_value(json!({ "field": "amount", "operator": "at_least", "value": 6900 })).ok();
    Some(RuleInput {
        name: Some(format!("Rule {nth}")),
        scope: products.map_or(Scope::Global, |product| Scope::Products { products: vec![product] }),
        trigger,
        integration: account(app)?,
        app: Some(app),
        action: action.to_owned(),
        settings: serde_json::from_value::<Settings>(settings).ok()?,
        typed: Vec::new(),
        conditions: condition.filter(|_| nth == WITH_CONDITION).into_iter().collect(),
        use_gift_recipient: nth == OF_GIFTS,
        enabled: nth != DISABLED,
    })
}

/// The method and the credentials of an account, which differ each time.
pub(super) fn credentials(app: App, nth: u32) -> (&'static str, BTreeMap<String, SecretString>) {
    let (method, values): (_, Vec<(&str, String)>) = match app {
        App::KIT => ("v4_key", vec![("api_key", key(app, nth))]),
        App::MAILCHIMP => ("api_key", vec![("api_key", key(app, nth))]),
        _ => (
            "address",
            vec![
                ("url", format!("{SANDBOX}/webhook/{MARKETPLACE}")),
                ("signing_secret", "whsec_c2VjcmV0LW9mLXRoZS1lbmQtdG8tZW5kLXRlc3Rz".to_owned()),
            ],
        ),
    };
    (method, values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// The key of an account, which differs each time.
pub(super) fn key(app: App, nth: u32) -> String {
    match app {
        App::KIT => format!("kit_{nth:032}"),
        _ => format!("{nth:032}-us6"),
    }
}
