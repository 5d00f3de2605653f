//! The shop of every short history: its accounts and its rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use domain::app::App;
use domain::digest::DigestSecret;
use domain::integration::Integration;
use domain::retry::Schedule;
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The shop's marketplace.
pub(super) const MARKETPLACE: &str = "shop-1";
/// The products that it sells.
pub(super) const PRODUCTS: [&str; 2] = ["bread", "cake"];
/// When a history begins: 2026-11-21T10:00:00Z.
pub(super) const BEGIN: Timestamp = Timestamp::constant(1_795_255_200, 0);

/// The stack's secret.
#[expect(clippy::expect_used, reason = "a constant")]
pub(super) fn secret() -> &'static DigestSecret {
    static READ: LazyLock<DigestSecret> =
        LazyLock::new(|| "0123456789abcdef0123456789abcdef".parse().expect("a secret"));
    &READ
}

/// The retry schedule: the waits between attempts, in seconds.
#[expect(clippy::expect_used, reason = "a constant")]
pub(super) fn schedule() -> &'static Schedule {
    static READ: LazyLock<Schedule> = LazyLock::new(|| "5,60,300,300,300,300".parse().expect("a schedule"));
    &READ
}

/// Its accounts: the id, the app and the method.
const ACCOUNTS: [(&str, App, &str); 3] = [
    ("int_list", App::MAILCHIMP, "api_key"),
    ("int_school", App::KAJABI, "api"),
    ("int_hook", App::WEBHOOK, "address"),
];

/// The accounts, all connected.
pub(super) fn accounts() -> &'static [Integration] {
    static READ: LazyLock<Vec<Integration>> = LazyLock::new(read_accounts);
    &READ
}

#[expect(clippy::expect_used, reason = "constants")]
fn read_accounts() -> Vec<Integration> {
    let account = |(id, app, method)| {
        let account = json!({
            "id": id, "marketplace": MARKETPLACE, "app": app, "label": id, "method": method, "credentials": "0",
            "connection": { "state": "connected" }, "created_at": BEGIN, "updated_at": BEGIN,
        });
        serde_json::from_value(account).expect("an account")
    };
    ACCOUNTS.map(account).into()
}

/// The rules. Some ask for the same effect, some for the opposite, some for a message.
pub(super) fn rules() -> &'static [Rule] {
    static READ: LazyLock<Vec<Rule>> = LazyLock::new(read_rules);
    &READ
}

/// A rule: id, trigger, products, account, action, settings.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], usize, &'a str, &'a Value);

#[expect(clippy::expect_used, reason = "constants")]
fn read_rules() -> Vec<Rule> {
    let (bought, refunded) = ("product_purchased", "product_refunded");
    let list = json!({ "list_id": "news" });
    let offer = json!({ "offer_id": "1" });
    let rules: [Row<'_>; 10] = [
        ("rul_subscribe", bought, &[], 0, "add_to_list", &list),
        ("rul_unsubscribe", refunded, &["bread"], 0, "remove_from_list", &list),
        ("rul_grant_bread", bought, &["bread"], 1, "grant_offer", &offer),
        ("rul_grant_cake", bought, &["cake"], 1, "grant_offer", &offer),
        ("rul_revoke", refunded, &[], 1, "revoke_offer", &offer),
        ("rul_post", bought, &[], 2, "send_notify_url_post", &Value::Null),
        ("rul_post_bread", bought, &["bread"], 2, "send_notify_url_post", &Value::Null),
        ("rul_post_order", "order_completed", &[], 2, "send_notify_url_post_for_orders", &Value::Null),
        ("rul_subscribe_order", "order_completed", &[], 0, "add_to_list", &list),
        ("rul_unsubscribe_order", "order_completed", &[], 0, "remove_from_list", &list),
    ];
    let rule = |(id, trigger, products, account, action, settings): (_, _, &[&str], usize, _, &Value)| {
        let (integration, app, _) = ACCOUNTS[account];
        let scope = if products.is_empty() {
            json!({ "kind": "global" })
        } else {
            json!({ "kind": "products", "products": products })
        };
        let settings = if settings.is_null() { json!({}) } else { settings.clone() };
        let rule = json!({
            "id": id, "marketplace": MARKETPLACE, "scope": scope, "trigger": trigger, "integration": integration,
            "app": app, "action": action, "settings": settings, "enabled": true,
            "created_at": Timestamp::UNIX_EPOCH, "updated_at": Timestamp::UNIX_EPOCH,
        });
        serde_json::from_value(rule).expect("a rule")
    };
    rules.map(rule).into()
}

/// The number of jobs of each action that the shop's rules ask for, when a trigger fires for lines of these products.
/// This is the documentation's rule, written without the planner: a state once for each target, a message once for each
/// line or for the fact.
pub(super) fn expected<'a>(rules: &'a [Rule], trigger: Trigger, lines: &[usize]) -> BTreeMap<&'a str, usize> {
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.enabled && rule.trigger == trigger) {
        for (line, product) in lines.iter().enumerate() {
            let named = rule.scope.products();
            if !named.is_empty() && !named.iter().any(|name| name.as_str() == PRODUCTS[*product]) {
                continue;
            }
            let of = match rule.action.as_str() {
                "send_notify_url_post" => line.to_string(),
                _ => format!("{:?}", rule.settings),
            };
            expected.entry(&rule.action).or_default().insert(of);
        }
    }
    expected.into_iter().map(|(action, of)| (action, of.len())).collect()
}

/// Changes the target of a rule, or changes it back. `false`: its action has no target.
pub(super) fn edit(rule: &mut Rule) -> bool {
    for (key, values) in [("list_id", ["news", "vip"]), ("offer_id", ["1", "2"])] {
        if let Some(value) = rule.settings.0.get_mut(key) {
            let other = if *value == values[0] { values[1] } else { values[0] };
            *value = other.into();
            return true;
        }
    }
    false
}
