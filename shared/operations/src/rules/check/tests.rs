use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::rules::document::Source;
use crate::sample::account;

fn accounts() -> Vec<Integration> {
    vec![
        account("int_list", "Main audience"),
        Integration { app: App::WEBHOOK, ..account("int_hook", "Orders") },
    ]
}

fn source(text: &str) -> Source {
    Source::new(PathBuf::from("rules.yaml"), text.to_owned())
}

fn checked(text: &str) -> Result<Vec<Rule>, String> {
    let source = source(text);
    let drafts = source.parse().unwrap();
    let m = MarketplaceId::new("demo").unwrap();
    check(&drafts, &m, &accounts(), Catalog::get(), Timestamp::UNIX_EPOCH)
        .map_err(|found| source.locate(found).to_string())
}

const GOOD: &str = "\
rules:
  - name: Buyers join the list
    global: true
    trigger: product_purchased
    app: mailchimp
    integration: main audience
    action: add_to_list
    settings: { list_id: demo }
  - id: rul_orders
    products: [sourdough-course]
    trigger: order_completed
    integration: int_hook
    action: send_notify_url_post_for_orders
    conditions:
      - { field: amount, operator: at_least, value: 5000 }
      - { field: coupon_code, operator: not_exists }
    use_gift_recipient: true
    enabled: false
";

#[test]
fn good_drafts_become_rules_with_the_defaults_filled_in() {
    let rules = checked(GOOD).unwrap();
    assert_eq!(rules[0].integration.as_str(), "int_list");
    assert_eq!(rules[0].scope, Scope::Global);
    assert_eq!(rules[0].settings.0["double_opt_in"], json!(false));
    assert!(rules[0].enabled);
    assert_eq!(rules[1].id.as_str(), "rul_orders");
    assert_eq!(rules[1].conditions.len(), 2);
    assert!(rules[1].use_gift_recipient && !rules[1].enabled);
}

#[test]
fn a_name_always_leads_to_the_same_id_and_another_name_to_another() {
    let id = id_of_name("Buyers join the list");
    assert_eq!(id, id_of_name(" Buyers join the list "));
    assert!(id.as_str().starts_with("rul_buyers_join_the_list_"), "{id}");
    assert_ne!(id, id_of_name("Buyers join the list!"));
    for name in ["注文", "—", &"long ".repeat(40)] {
        assert!(id_of_name(name).as_str().len() <= 64, "{name}");
    }
}

#[test]
fn every_mistake_is_found_in_one_run_each_with_its_line() {
    let text = "\
rules:
  - name: A
    global: true
    trigger: product_bought
    integration: Main audience
    action: add_to_list
    settings:
      list_id: demo
      lst: x
  - name: B
    trigger: order_completed
    integration: Unknown
    action: add_to_list
  - name: C
    global: true
    trigger: product_purchased
    integration: Orders
    action: send_notify_url_post_for_orders
    conditions:
      - field: amount
        operator: equals
        value: 5000
      - field: amont
        operator: exists
      - field: currency
        operator: at_least
        value: 5
";
    let error = checked(text).unwrap_err();
    let lines: Vec<_> = error.lines().map(str::trim).collect();
    let said = [
        ("the file has 7 errors", ""),
        ("rules.yaml:4:14: rule 1 (A): trigger `product_bought` does not exist", "product_purchased"),
        ("rules.yaml:9:12: rule 1 (A): setting `lst` does not exist", "list_id"),
        ("rules.yaml:10:5: rule 2 (B): set `global: true`", "`products`"),
        ("rules.yaml:12:18: rule 2 (B): integration `Unknown` does not exist", "`Main audience` (mailchimp)"),
        ("rules.yaml:23:16: rule 3 (C): condition field `amont` does not exist", "coupon_code"),
        ("rules.yaml:27:16: rule 3 (C): condition on `currency` with `at_least`", "`5`"),
        ("rules.yaml:16:14: rule 3 (C): Webhook does not offer `product_purchased`", "checkout_failed"),
    ];
    assert_eq!(lines.len(), said.len(), "{error}");
    let is_said =
        |(line, (start, way_out)): &(&&str, (&str, &str))| line.starts_with(start) && line.contains(way_out);
    let wrong: Vec<_> = lines.iter().zip(said).filter(|pair| !is_said(pair)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A rule with one line of it replaced.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    checked(&GOOD.replace(line, instead)).unwrap_err()
}

#[test]
fn each_mistake_names_the_value_and_the_way_out() {
    let (mail, mut wrong) = ("app: mailchimp", Vec::new());
    for (error, said) in [
        (
            with(mail, "app: mailchump"),
            "rules.yaml:5:10: rule 1 (Buyers join the list): app `mailchump` does not exist; the apps are: activecampaign",
        ),
        (
            with(mail, "app: webhook"),
            "rules.yaml:6:18: rule 1 (Buyers join the list): integration `main audience` belongs to mailchimp, not webhook",
        ),
        (
            with("action: add_to_list", "action: add"),
            "rules.yaml:7:13: rule 1 (Buyers join the list): action `add` does not exist for mailchimp; it has: add_to_list",
        ),
        (
            with("{ list_id: demo }", "{ list_id: 7 }"),
            "rules.yaml:8:26: rule 1 (Buyers join the list): setting `list_id` is `7`, which must be a text",
        ),
        (
            with("{ list_id: demo }", "{}"),
            "rules.yaml:8:15: rule 1 (Buyers join the list): setting `list_id` (List) is required",
        ),
        (
            with("global: true", "products: []"),
            "rules.yaml:3:15: rule 1 (Buyers join the list): it names 0 products",
        ),
        (with("[sourdough-course]", "[a, b, a]"), "rules.yaml:10:22: rule 2: product `a` is named twice"),
        (
            with("enabled: false", "global: true"),
            "rules.yaml:10:15: rule 2: `global: true` and `products` exclude each other",
        ),
        (
            with("id: rul_orders\n    products", "products"),
            "rules.yaml:9:5: rule 2: give it a `name` or an `id`",
        ),
        (
            with("id: rul_orders", "name: Buyers join the list"),
            "rules.yaml:9:11: rule 2 (Buyers join the list): its id rul_buyers_join_the_list_",
        ),
    ] {
        if !(error.starts_with("the file has an error") && error.contains(said)) {
            wrong.push(format!("{error}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_huge_value_is_quoted_in_part() {
    let huge = "x".repeat(400_000);
    for (line, instead) in [
        ("trigger: order_completed", format!("trigger: {huge}")),
        ("app: mailchimp", format!("app: {huge}")),
        ("integration: int_hook", format!("integration: {huge}")),
        ("action: add_to_list", format!("action: {huge}")),
        ("name: Buyers join the list", format!("name: {huge}")),
        ("{ list_id: demo }", format!("{{ {}: x }}", &huge[..1_000])),
        ("{ list_id: demo }", format!("{{ list_id: [{}] }}", &huge[..10_000])),
        ("field: amount", format!("field: {huge}")),
        ("value: 5000", format!("value: {}", &huge[..10_000])),
    ] {
        let error = with(line, &instead);
        assert!(error.len() < 1_500, "{line}: {}", error.len());
    }
}

#[test]
fn a_rule_names_no_more_products_than_the_table_keeps_for_it() {
    let many: Vec<_> = (0..50).map(|number| format!("p{number}")).collect();
    let error = with("[sourdough-course]", &format!("[{}]", many.join(", ")));
    assert!(error.contains("it names 50 products; a rule names 1 to 49"), "{error}");
}

#[test]
fn the_demo_rules_are_rules_for_the_accounts_that_the_demo_connects() {
    let path = "infra/demo/rules.yaml";
    let source =
        Source::new(PathBuf::from(path), include_str!("../../../../../infra/demo/rules.yaml").to_owned());
    let accounts = [
        account("int_1", "Demo audience"),
        Integration { app: App::WEBHOOK, ..account("int_2", "Demo webhook") },
    ];
    let drafts = source.parse().unwrap();
    let m = drafts.marketplace.clone().unwrap();
    let rules = check(&drafts, &m, &accounts, Catalog::get(), Timestamp::UNIX_EPOCH)
        .map_err(|found| source.locate(found).to_string())
        .unwrap();
    // Every purchase that the demo publishes must match.
    let shows = |rule: &Rule| {
        rule.scope == Scope::Global
            && rule.trigger == Trigger::ProductPurchased
            && rule.action == "add_to_list"
            && rule.conditions.is_empty()
    };
    assert!(m.as_str() == "demo" && rules.iter().any(shows));
}
