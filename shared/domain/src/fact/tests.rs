use serde_json::json;

use super::*;

const ORDER: &str = "Order Completed";

fn usd(amount: u64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

fn item(product: &str) -> Value {
    json!({ "product_id": product, "name": "Bread", "role": "primary", "quantity": 1, "price": usd(4900) })
}

fn detail(body: &Value) -> Value {
    let mut detail = json!({
        "id": "f1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
        "customer": { "id": "c1", "email": "ana@example.com" },
    });
    for (key, value) in body.as_object().unwrap() {
        detail[key] = value.clone();
    }
    detail
}

fn order(items: &[Value]) -> Value {
    detail(&json!({ "order": { "id": "o1", "total": usd(6800) }, "items": items, "charge_id": "ch1" }))
}

fn subscription(body: &Value) -> Value {
    let mut detail = detail(body);
    detail["subscription"] = json!({ "id": "sub1" });
    detail["item"] = item("club");
    detail
}

fn parse(detail_type: &str, detail: &Value) -> Fact {
    Fact::parse(detail_type, &detail.to_string()).unwrap()
}

fn refusal(detail_type: &str, detail: &Value) -> String {
    Fact::parse(detail_type, &detail.to_string()).unwrap_err().to_string()
}

#[test]
fn an_order_with_only_the_required_fields_is_read() {
    let fact = parse(ORDER, &order(&[item("bread")]));
    assert_eq!(fact.kind(), FactKind::OrderCompleted);
    assert_eq!(fact.common.customer.email.as_str(), "ana@example.com");
    assert_eq!(fact.order_id(), Some("o1"));
    assert_eq!(fact.charge_id(), Some("ch1"));
    assert_eq!(fact.subscription_id(), None);
    assert_eq!(fact.utm(), Some(&Utm::default()));
    assert_eq!(fact.custom_field("Flour"), None);
}

#[test]
fn unknown_fields_are_ignored_wherever_they_stand() {
    let mut detail = order(&[item("bread")]);
    detail["loyalty"] = json!({ "points": 3 });
    detail["items"][0]["weight"] = json!(900);
    detail["customer"]["tier"] = json!("gold");
    assert_eq!(parse(ORDER, &detail), parse(ORDER, &order(&[item("bread")])));
}

#[test]
fn lines_come_with_their_index_and_id() {
    let mut second = item("jam");
    second["line_id"] = json!("li_9");
    let fact = parse(ORDER, &order(&[item("bread"), second, item("bread")]));
    let lines: Vec<_> = fact.items().map(|(index, item)| (index, item.product_id.as_str())).collect();
    assert_eq!(lines, [(0, "bread"), (1, "jam"), (2, "bread")]);
    assert_eq!(fact.line_id(0).as_deref(), Some("1"));
    assert_eq!(fact.line_id(1).as_deref(), Some("li_9"));
    assert_eq!(fact.line_id(3), None);
    let products: Vec<_> = fact.product_ids().into_iter().map(ProductId::as_str).collect();
    assert_eq!(products, ["bread", "jam"]);
}

#[test]
fn the_amount_of_a_fact_is_the_money_it_is_about() {
    let amount = |fact: &Fact, item| fact.amount(item).map(|money| money.amount);

    let completed = parse(ORDER, &order(&[item("bread")]));
    assert_eq!((amount(&completed, None), amount(&completed, Some(0))), (Some(6800), Some(6800)));

    let line = |product, now| {
        let mut line = item(product);
        (line["paid"], line["refunded_now"], line["refunded_total"]) = (usd(4900), usd(now), usd(now));
        line
    };
    let refunded = detail(&json!({
        "charge_id": "ch1", "charge_kind": "checkout", "order": { "id": "o1" },
        "items": [line("bread", 100), line("jam", 20)],
    }));
    let refunded = parse("Charge Refunded", &refunded);
    assert_eq!((amount(&refunded, None), amount(&refunded, Some(1))), (Some(120), Some(20)));
    assert_eq!(amount(&refunded, Some(2)), None);

    let prospect = parse("Prospect Created", &detail(&json!({ "item": item("bread") })));
    assert_eq!(amount(&prospect, None), Some(4900));

    let failed = json!({ "amount": usd(1900), "consecutive_failures": 2 });
    let failed = parse("Subscription Charge Failed", &subscription(&failed));
    assert_eq!(amount(&failed, Some(0)), Some(1900));

    let paused = json!({ "from": "active", "to": "paused", "by": "customer" });
    assert_eq!(amount(&parse("Subscription Status Changed", &subscription(&paused)), None), None);
}

#[test]
fn a_course_is_about_a_product_without_having_lines() {
    let course = json!({ "course": { "course_id": "rye", "name": "Rye", "product_id": "bread" } });
    let fact = parse("Course Student Finished", &detail(&course));
    assert_eq!(fact.items().count(), 0);
    assert_eq!(fact.course().unwrap().course_id.as_str(), "rye");
    assert_eq!(fact.product_ids().len(), 1);
    assert_eq!(fact.amount(None), None);
}

#[test]
fn a_prospect_reads_the_same_when_the_engine_publishes_it_again() {
    let detail = detail(&json!({ "item": item("bread") }));
    let (created, abandoned) = (parse("Prospect Created", &detail), parse("Prospect Abandoned", &detail));
    assert_eq!(created.common, abandoned.common);
    assert_eq!(created.item(0), abandoned.item(0));
    assert_ne!(created.kind(), abandoned.kind());
}

#[test]
fn an_unknown_detail_type_gets_the_list() {
    let error = refusal("Order Complete", &order(&[item("bread")]));
    assert!(error.starts_with("detail-type `Order Complete` is not a fact"), "{error}");
    assert!(error.contains("Order Completed") && !error.contains("Prospect Abandoned"), "{error}");
}

#[test]
fn a_product_has_no_customer_and_is_no_fact() {
    assert!(matches!(Fact::parse("Product Saved", "{}"), Err(FactError::UnknownDetailType { .. })));
}

#[test]
fn text_that_is_not_json_is_told_apart_from_a_wrong_field() {
    assert!(matches!(Fact::parse(ORDER, "{\"id\": "), Err(FactError::NotJson { .. })));
    assert!(matches!(Fact::parse(ORDER, "[]"), Err(FactError::FieldInvalid { .. })));
}

#[test]
fn a_refusal_names_the_field_what_is_wrong_and_where_to_read_on() {
    let refused = |pointer: &str, value: Value| {
        let mut detail = order(&[item("bread"), item("jam")]);
        *detail.pointer_mut(pointer).unwrap() = value;
        refusal(ORDER, &detail)
    };
    let cases = [
        (
            refused("/items/1/price/currency", json!("usd")),
            "`items[1].price.currency` is not an ISO 4217 code: give three upper-case letters, such as USD; \
             see events/schemas/order-completed.json",
        ),
        (
            refused("/order/total/amount", json!("4900")),
            "`order.total.amount` has an invalid type: a text of 4 characters, expected minor units (cents) as a whole \
             number from 0 to 9007199254740991; see events/schemas/order-completed.json",
        ),
        (
            refused("/items", json!([])),
            "`items` has no items; give at least one; see events/schemas/order-completed.json",
        ),
        (
            refused("/items/0", json!({})),
            "`items[0].product_id` is missing; see events/schemas/order-completed.json",
        ),
        (
            refused("/items/0/role", json!("bump")),
            "`items[0].role` is a text of 4 characters; it must be one of primary, upsell, order_bump, payment_option; \
             see events/schemas/order-completed.json",
        ),
        (
            refused("/customer/id", json!("")),
            "`customer.id` is blank; give it a value; see events/schemas/order-completed.json",
        ),
    ];
    for (error, expected) in cases {
        assert_eq!(error, expected);
    }
}

#[test]
fn no_refusal_quotes_what_stands_in_the_field() {
    let mut whole = order(&[item("bread")]);
    whole["items"][0]["gift"] = json!({ "recipient": { "email": "bo@example.com" } });
    whole["items"][0]["charged_at"] = json!("2026-05-04T10:00:00Z");
    whole["items"][0]["line_id"] = json!("li_1");
    whole["customer"]["address"] = json!({ "city": "Bath" });
    let mut places: Vec<String> =
        ["", "/customer", "/customer/address", "/order", "/order/total", "/items/0"]
            .into_iter()
            .chain(["/items/0/price", "/items/0/gift", "/items/0/gift/recipient"])
            .flat_map(|parent| {
                let fields = whole.pointer(parent).unwrap().as_object().unwrap().keys();
                fields.map(move |field| format!("{parent}/{field}")).collect::<Vec<_>>()
            })
            .collect();
    places.sort();
    let mut refused = 0;
    for place in &places {
        for private in
            [json!("31 Private Road"), json!(493_012_345_678_i64), json!([true, "31 Private Road"])]
        {
            let mut detail = whole.clone();
            *detail.pointer_mut(place).unwrap() = private;
            let Err(error) = Fact::parse(ORDER, &detail.to_string()) else { continue };
            let error = error.to_string();
            assert!(!error.contains("Private") && !error.contains("4930"), "{place}: {error}");
            refused += 1;
        }
    }
    let mut twice = order(&[item("bread"), item("jam")]);
    (twice["items"][0]["line_id"], twice["items"][1]["line_id"]) = (json!("private"), json!("private"));
    assert!(!refusal(ORDER, &twice).contains("private"));
    assert!(refused > 50, "{refused}");
}

#[test]
fn a_missing_common_field_is_named_without_a_parent() {
    let mut detail = order(&[item("bread")]);
    detail.as_object_mut().unwrap().remove("marketplace_id");
    assert_eq!(
        refusal(ORDER, &detail),
        "`marketplace_id` is missing; see events/schemas/order-completed.json"
    );
}

#[test]
fn an_error_about_a_failed_checkout_names_what_failure_lacks() {
    let mut detail = order(&[item("bread")]);
    detail["failure"] = json!({ "code": "card_declined" });
    let error = refusal("Checkout Failed", &detail);
    assert_eq!(error, "`failure.message` is missing; see events/schemas/checkout-failed.json");
}

#[test]
fn a_whole_number_may_be_written_with_a_decimal_point_or_an_exponent() {
    let written = |amount: &str, quantity: &str| {
        let detail = order(&[item("bread")]).to_string();
        let detail = detail.replace("\"amount\":4900", &format!("\"amount\":{amount}"));
        Fact::parse(ORDER, &detail.replace("\"quantity\":1", &format!("\"quantity\":{quantity}")))
    };
    for (amount, quantity) in [("4900.0", "2.0"), ("4.9e3", "2e0"), ("4900", "2")] {
        let fact = written(amount, quantity).unwrap();
        assert_eq!((fact.item(0).unwrap().price.amount, fact.item(0).unwrap().quantity.get()), (4900, 2));
    }
    assert_eq!(written("-0", "1").unwrap().item(0).unwrap().price.amount, 0);
    for wrong in ["4900.5", "-1.0", "9007199254740992.0", "1e300"] {
        let error = written(wrong, "1").unwrap_err();
        assert_eq!(error.place(), "items[0].price.amount", "{wrong}");
    }
    assert_eq!(written("1", "4294967296.0").unwrap_err().place(), "items[0].quantity");
}

#[test]
fn a_text_that_only_describes_is_cut_with_a_note_and_an_id_is_refused() {
    let mut detail = order(&[item("bread"), item("jam")]);
    detail["order"]["utm"] = json!({ "source": "fb", "content": "x".repeat(300) });
    detail["order"]["custom_fields"] =
        json!({ "Why?": "y".repeat(10_001), "": "unnamed", "n".repeat(300): "long", "Blank": "" });
    detail["items"][1]["name"] = json!("z".repeat(257));
    detail["loyalty"] = json!({ "name": "u".repeat(300) });
    let fact = parse(ORDER, &detail);
    assert_eq!(fact.utm().unwrap().content.as_deref(), Some("x".repeat(256).as_str()));
    assert_eq!(fact.custom_field("Why?").map(str::len), Some(10_000));
    assert_eq!(fact.custom_field(&"n".repeat(256)), Some("long"));
    assert_eq!(fact.order().unwrap().custom_fields.len(), 2);
    let notes: Vec<_> = fact.notes.iter().map(ToString::to_string).collect();
    let named =
        format!("`order.custom_fields.{}` has 300 characters: only the first 256 are used", "n".repeat(80));
    for note in [
        "`order.utm.content` has 300 characters: only the first 256 are used",
        "`order.custom_fields.Why?` has 10001 characters: only the first 10000 are used",
        "`order.custom_fields.` has a field without a name: its value is not used",
        "`items[1].name` has 257 characters: only the first 256 are used",
        &named,
    ] {
        assert!(notes.iter().any(|found| found == note), "{note}: {notes:?}");
    }
    assert_eq!(notes.len(), 5, "{notes:?}");

    detail["items"][1]["line_id"] = json!("l".repeat(129));
    assert_eq!(
        refusal(ORDER, &detail),
        "`items[1].line_id` has 129 characters; an id has at most 128; see events/schemas/order-completed.json"
    );
}

#[test]
fn a_blank_optional_field_is_absent_wherever_it_stands() {
    let mut blank = order(&[item("bread")]);
    for field in ["subtotal", "tax", "utm", "affiliate", "custom_fields"] {
        blank["order"][field] = json!("");
    }
    for field in ["line_id", "coupon", "gift", "payment_option"] {
        blank["items"][0][field] = json!(" ");
    }
    blank["customer"]["address"] = json!("\u{200b}");
    assert_eq!(parse(ORDER, &blank), parse(ORDER, &order(&[item("bread")])));

    blank["items"][0]["coupon"] = json!({ "code": "", "discount": usd(900) });
    let fact = parse(ORDER, &blank);
    assert_eq!((fact.item(0).unwrap().coupon_code(), fact.item(0).unwrap().amount().amount), (None, 4000));
}

#[test]
fn an_object_is_no_list_of_its_values_and_a_name_is_no_object() {
    let mut detail = order(&[item("bread")]);
    detail["items"][0]["price"] = json!([4900, "USD"]);
    assert!(
        refusal(ORDER, &detail)
            .starts_with("`items[0].price` has an invalid type: an array, expected an object")
    );
    detail["items"][0]["price"] = usd(4900);
    detail["items"][0]["role"] = json!({ "primary": null });
    assert!(refusal(ORDER, &detail).starts_with("`items[0].role` has an invalid type"));
}
