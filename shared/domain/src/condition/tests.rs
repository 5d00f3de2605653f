use serde_json::json;

use super::*;

/// An order with two lines. Each field of a condition has a value.
fn detail() -> Value {
    let usd = |amount: u64| json!({ "amount": amount, "currency": "USD" });
    json!({
        "id": "f1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": true,
        "customer": { "id": "c1", "email": "ana@example.com", "address": { "country": "BR" } },
        "order": {
            "id": "o1",
            "total": usd(6800),
            "custom_fields": { "Oven": "Gas", "Loaves": "12", "Blank": "  ", "Odd": "inf" },
            "utm": {
                "source": "newsletter", "medium": "email", "campaign": "Spring", "term": "rye", "content": "button",
            },
        },
        "items": [
            {
                "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 1,
                "price": usd(4900), "coupon": { "code": "SPRING10" }, "payment_option": "Pay once",
            },
            {
                "product_id": "pastry", "name": "Pastry", "role": "upsell", "quantity": 1,
                "price": usd(1900), "payment_option": " ",
            },
        ],
    })
}

fn fact() -> Fact {
    Fact::parse("Order Completed", &detail().to_string()).unwrap()
}

fn condition(field: &str, operator: &str, value: &Value) -> Condition {
    serde_json::from_value(json!({ "field": field, "operator": operator, "value": value })).unwrap()
}

/// The judgment of a condition on the whole order.
fn judge(field: &str, operator: &str, value: &Value) -> Result<(), Value> {
    condition(field, operator, value).judge(&fact(), Subject::Whole)
}

/// Every field with one text, and that text.
const TEXTS: [(&str, &str); 10] = [
    ("currency", "USD"),
    ("coupon_code", "SPRING10"),
    ("payment_option", "Pay once"),
    ("customer_country", "BR"),
    ("custom_field.Oven", "Gas"),
    ("utm.source", "newsletter"),
    ("utm.medium", "email"),
    ("utm.campaign", "Spring"),
    ("utm.term", "rye"),
    ("utm.content", "button"),
];

#[test]
fn every_text_field_is_compared_without_regard_to_case_or_blanks_around() {
    for (field, text) in TEXTS {
        let odd = format!(" {} ", text.to_uppercase());
        let found = || Err(json!(text));
        assert_eq!(judge(field, "equals", &json!(odd)), Ok(()), "{field}");
        assert_eq!(judge(field, "equals", &json!("other")), found(), "{field}");
        assert_eq!(judge(field, "not_equals", &json!("other")), Ok(()), "{field}");
        assert_eq!(judge(field, "not_equals", &json!(odd)), found(), "{field}");
        assert_eq!(judge(field, "in", &json!(["other", odd])), Ok(()), "{field}");
        assert_eq!(judge(field, "in", &json!(["other"])), found(), "{field}");
        assert_eq!(judge(field, "not_in", &json!(["other"])), Ok(()), "{field}");
        assert_eq!(judge(field, "not_in", &json!(["other", odd])), found(), "{field}");
        assert_eq!(judge(field, "contains", &json!(text[1..].to_uppercase())), Ok(()), "{field}");
        assert_eq!(judge(field, "contains", &json!("other")), found(), "{field}");
        assert_eq!(judge(field, "exists", &Value::Null), Ok(()), "{field}");
        assert_eq!(judge(field, "not_exists", &Value::Null), found(), "{field}");
    }
}

#[test]
fn an_amount_is_compared_as_a_number_of_minor_units() {
    let found = || Err(json!(6800));
    assert_eq!(judge("amount", "equals", &json!(6800)), Ok(()));
    assert_eq!(judge("amount", "equals", &json!(6800.0)), Ok(()), "however JSON writes it");
    assert_eq!(judge("amount", "equals", &json!(68)), found());
    assert_eq!(judge("amount", "not_equals", &json!(6800)), found());
    assert_eq!(judge("amount", "in", &json!([1, 6800])), Ok(()));
    assert_eq!(judge("amount", "not_in", &json!([1, 6800])), found());
    assert_eq!(judge("amount", "at_least", &json!(6800)), Ok(()));
    assert_eq!(judge("amount", "at_least", &json!(6801)), found());
    assert_eq!(judge("amount", "at_most", &json!(6800)), Ok(()));
    assert_eq!(judge("amount", "at_most", &json!(6799)), found());
    assert_eq!(judge("amount", "exists", &Value::Null), Ok(()));
    assert_eq!(judge("amount", "not_exists", &Value::Null), found());
}

#[test]
fn a_custom_field_that_reads_as_a_number_has_bounds_and_other_text_never_does() {
    assert_eq!(judge("custom_field.Loaves", "at_least", &json!(12)), Ok(()));
    assert_eq!(judge("custom_field.Loaves", "at_least", &json!(12.5)), Err(json!("12")));
    assert_eq!(judge("custom_field.Loaves", "at_most", &json!(12)), Ok(()));
    assert_eq!(
        judge("custom_field.Loaves", "at_most", &json!(9)),
        Err(json!("12")),
        "12 is not below 9 as text is"
    );
    for operator in ["at_least", "at_most"] {
        assert_eq!(judge("custom_field.Oven", operator, &json!(1)), Err(json!("Gas")), "{operator}");
        assert_eq!(judge("custom_field.Odd", operator, &json!(1)), Err(json!("inf")), "{operator}");
        assert_eq!(judge("custom_field.None", operator, &json!(1)), Err(Value::Null), "{operator}");
        assert_eq!(judge("custom_field.Loaves", operator, &json!("few")), Err(json!("12")), "{operator}");
    }
}

#[test]
fn the_test_mode_is_true_or_false() {
    assert_eq!(judge("test_mode", "equals", &json!(true)), Ok(()));
    assert_eq!(judge("test_mode", "equals", &json!(false)), Err(json!(true)));
    assert_eq!(judge("test_mode", "not_equals", &json!(false)), Ok(()));
    assert_eq!(judge("test_mode", "in", &json!([true, false])), Ok(()));
    assert_eq!(judge("test_mode", "exists", &Value::Null), Ok(()));
}

#[test]
fn what_is_absent_or_blank_equals_nothing_and_does_not_exist() {
    for field in ["custom_field.None", "custom_field.Blank", "custom_field.oven"] {
        for (operator, value) in
            [("equals", json!("x")), ("in", json!(["x"])), ("contains", json!("")), ("exists", Value::Null)]
        {
            assert_eq!(judge(field, operator, &value), Err(Value::Null), "{field} {operator}");
        }
        for (operator, value) in
            [("not_equals", json!("x")), ("not_in", json!(["x"])), ("not_exists", Value::Null)]
        {
            assert_eq!(judge(field, operator, &value), Ok(()), "{field} {operator}");
        }
    }
    let second = Subject::Line(1);
    assert_eq!(condition("payment_option", "exists", &Value::Null).judge(&fact(), second), Err(Value::Null));
}

#[test]
fn for_an_order_a_field_of_lines_has_every_lines_value() {
    let roles = || Err(json!(["primary", "upsell"]));
    assert_eq!(judge("item_role", "equals", &json!("upsell")), Ok(()), "one of them is");
    assert_eq!(judge("item_role", "equals", &json!("order_bump")), roles());
    assert_eq!(judge("item_role", "not_equals", &json!("upsell")), roles(), "none may be");
    assert_eq!(judge("item_role", "not_equals", &json!("order_bump")), Ok(()));
    assert_eq!(judge("item_role", "in", &json!(["upsell", "order_bump"])), Ok(()));
    assert_eq!(judge("item_role", "not_in", &json!(["upsell", "order_bump"])), roles());
    assert_eq!(judge("item_role", "contains", &json!("sel")), Ok(()));
    assert_eq!(judge("item_role", "not_exists", &Value::Null), roles());
}

#[test]
fn for_a_line_a_field_of_lines_is_that_lines() {
    let of =
        |line, field, operator, value| condition(field, operator, &value).judge(&fact(), Subject::Line(line));
    assert_eq!(of(0, "item_role", "equals", json!("primary")), Ok(()));
    assert_eq!(of(1, "item_role", "equals", json!("primary")), Err(json!("upsell")));
    assert_eq!(of(0, "coupon_code", "exists", Value::Null), Ok(()));
    assert_eq!(of(1, "coupon_code", "exists", Value::Null), Err(Value::Null));
    assert_eq!(of(0, "amount", "equals", json!(6800)), Ok(()), "an order's amount is its total");
    assert_eq!(of(1, "custom_field.Oven", "equals", json!("gas")), Ok(()));
    assert_eq!(of(7, "item_role", "exists", Value::Null), Err(Value::Null));
}

#[test]
fn a_field_is_written_as_it_is_read() {
    for (key, _) in FIELDS.iter().chain(&[("custom_field.How did you hear of us?", Field::Amount)]) {
        assert_eq!(key.parse::<Field>().unwrap().to_string(), *key);
    }
    for wrong in ["amounts", "custom_field.", "utm", "utm.id", ""] {
        let error = wrong.parse::<Field>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{wrong}` does not exist; the fields are: amount,")), "{error}");
    }
}

#[test]
fn an_operators_name_is_the_same_in_code_and_in_json() {
    for key in
        ["equals", "not_equals", "in", "not_in", "contains", "at_least", "at_most", "exists", "not_exists"]
    {
        let operator: Operator = serde_json::from_value(json!(key)).unwrap();
        assert_eq!(operator.key(), key);
    }
}

#[test]
fn a_condition_that_can_never_be_judged_is_refused_with_the_way_out() {
    let wrong = [
        ("amount", "equals", json!("4900"), "a number of minor units"),
        ("amount", "in", json!([4900, "4900"]), "a list of at least one value"),
        ("amount", "contains", json!("49"), "a text, on a field that holds text"),
        ("amount", "at_least", json!("4900"), "a number, on amount or a custom field"),
        ("currency", "at_least", json!(1), "a number, on amount or a custom field"),
        ("currency", "equals", Value::Null, "a text"),
        ("item_role", "in", json!([]), "a list of at least one value"),
        ("item_role", "not_in", json!("upsell"), "a list of at least one value"),
        ("test_mode", "equals", json!("true"), "true or false"),
        ("test_mode", "contains", json!("t"), "a text, on a field that holds text"),
        ("coupon_code", "exists", json!(true), "left out"),
        ("coupon_code", "not_exists", json!("RYE"), "left out"),
    ];
    for (field, operator, value, expected) in wrong {
        let error = condition(field, operator, &value).check().unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "condition on `{field}` with `{operator}` has the value `{value}`, which must be {expected}"
            )
        );
    }
    let right = [
        ("amount", "equals", json!(4900)),
        ("amount", "not_in", json!([4900])),
        ("custom_field.Loaves", "at_most", json!(12)),
        ("test_mode", "not_equals", json!(false)),
        ("utm.campaign", "contains", json!("spring")),
        ("coupon_code", "exists", Value::Null),
    ];
    for (field, operator, value) in right {
        assert_eq!(condition(field, operator, &value).check(), Ok(()), "{field} {operator}");
    }
}
