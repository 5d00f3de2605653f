//! The marketplaces of every long history: their accounts, and the rules that they can have.

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

/// The marketplaces: two with merchants, and the one of the items that version 0.1.0 stored. Accounts, rules, products and
/// buyers have the same ids and addresses in each, and a name begins with another one.
pub(super) const MARKETPLACES: [&str; 3] = ["shop", "shop2", "stored-0-1-0"];
/// The marketplaces with merchants.
pub(super) const MERCHANTS: usize = 2;
/// The marketplace of the stored items.
pub(super) const STORED: usize = 2;
pub(super) const PRODUCTS: [&str; 2] = ["course", "ebook"];
/// The apps of a merchant; each has one account.
pub(super) const APPS: [App; 4] = [App::KIT, App::MAILCHIMP, App::WEBHOOK, App::HIGHLEVEL];
/// The apps of the stored items.
pub(super) const STORED_APPS: [App; 2] = [App::MAILCHIMP, App::WEBHOOK];
/// The address of the apps.
pub(super) const SANDBOX: &str = "https://apps.example.com";

/// 2026-12-07T10:00:00Z, some days after version 0.1.0 stored its items.
pub(super) const BEGIN: Timestamp = Timestamp::constant(1_796_637_600, 0);

/// The number of rules that a merchant can have.
pub(super) const RULES: usize = ROWS.len();

/// Product, trigger, app, action, and the value of its target or, for a message, nothing.
type Row = (Option<usize>, Trigger, App, &'static str, &'static [&'static str]);

const ROWS: [Row; 20] = [
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
    (None, Trigger::ProductPartiallyRefunded, App::KIT, "add_tag", &["Buyer"]),
    (Some(1), Trigger::ProductPurchased, App::KIT, "remove_tag", &["VIP"]),
    (None, Trigger::ProductRefunded, App::WEBHOOK, "send_notify_url_post", &[]),
    // Condition, gift, disabled: see `rule`.
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Big"]),
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Gift"]),
    (None, Trigger::ProductPurchased, App::KIT, "add_tag", &["Never"]),
    (None, Trigger::ProductPurchased, App::HIGHLEVEL, "add_tags", &["Buyer"]),
    (None, Trigger::ProductRefunded, App::HIGHLEVEL, "remove_tags", &["Buyer"]),
    (Some(0), Trigger::ProductPurchased, App::HIGHLEVEL, "add_tags", &["Course", "VIP"]),
    (None, Trigger::ProspectCreated, App::HIGHLEVEL, "create_contact", &[]),
];
const WITH_CONDITION: usize = 13;
const OF_GIFTS: usize = 14;
const DISABLED: usize = 15;

/// A merchant's account of an app, with the same id for each merchant.
pub(super) fn account(app: App) -> Option<IntegrationId> {
    IntegrationId::new(format!("int_{app}")).ok()
}

/// A rule as the merchant enters it. In its other version, it names another tag, or has other products.
pub(super) fn rule(nth: usize, other: bool) -> Option<RuleInput> {
    let (product, trigger, app, action, target) = *ROWS.get(nth)?;
    let settings: Value = match app {
        App::KIT | App::HIGHLEVEL if target.is_empty() => json!({}),
        App::KIT | App::HIGHLEVEL if other => json!({ "tag": ["Edited"] }),
        App::KIT | App::HIGHLEVEL => json!({ "tag": target }),
        App::MAILCHIMP => json!({ "list_id": target.first() }),
        _ => json!({}),
    };
    let has_other_tag = matches!(app, App::KIT | App::HIGHLEVEL) && !target.is_empty();
    let product = if other && !has_other_tag { Some(1) } else { product };
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

/// The method and the credentials of a marketplace's account, which differ each time. A login has none.
pub(super) fn credentials(
    app: App,
    marketplace: usize,
    nth: u32,
) -> (&'static str, BTreeMap<String, SecretString>) {
    let key = |app| format!("{}{marketplace}{nth:031}{}", before(app), after(app));
    let (method, values): (_, Vec<(&str, String)>) = match app {
        App::KIT => ("v4_key", vec![("api_key", key(app))]),
        App::MAILCHIMP => ("api_key", vec![("api_key", key(app))]),
        App::HIGHLEVEL => ("oauth", Vec::new()),
        _ => (
            "address",
            vec![
                ("url", format!("{SANDBOX}/webhook/{}", MARKETPLACES[marketplace])),
                ("signing_secret", "whsec_c2VjcmV0LW9mLXRoZS1lbmQtdG8tZW5kLXRlc3Rz".to_owned()),
            ],
        ),
    };
    (method, values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// The marketplace of a key.
pub(super) fn owner(app: App, key: &str) -> Option<usize> {
    let digit = key.strip_prefix(before(app))?.chars().next()?.to_digit(10)?;
    usize::try_from(digit).ok().filter(|marketplace| *marketplace < MARKETPLACES.len())
}

/// The beginning of an app's keys.
fn before(app: App) -> &'static str {
    if app == App::KIT { "kit_" } else { "" }
}

/// The end of an app's keys.
fn after(app: App) -> &'static str {
    if app == App::MAILCHIMP { "-us6" } else { "" }
}
