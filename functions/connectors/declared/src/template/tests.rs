use std::collections::BTreeMap;

use serde_json::json;

use super::*;

struct Known(BTreeMap<&'static str, Value>);

impl Values for Known {
    fn value(&self, path: &Path) -> Option<Value> {
        let found = path.within(self.0.get(path.root.as_str())?)?;
        Some(found.clone()).filter(is_present)
    }
}

fn known() -> Known {
    Known(BTreeMap::from([
        (
            "contact",
            json!({ "email": " Ada+Shop@Example.com ", "name": "{now | x}", "blank": " ", "none": null }),
        ),
        (
            "line",
            json!({ "price": { "amount": 4900, "currency": "USD" }, "cents": { "amount": 1999, "currency": "EUR" },
            "yen": { "amount": 500, "currency": "JPY" }, "quantity": 2 }),
        ),
        ("setting", json!({ "id": "41", "word": "Bread" })),
        ("now", json!("2026-11-21T10:00:00.25Z")),
        ("list", json!(["a", "b"])),
        ("url", json!("https://Shop.example.com:8443/a?b=c")),
    ]))
}

fn value(text: &str) -> Value {
    Template::parse(text).unwrap().value(&known()).unwrap().unwrap_or_default()
}

#[test]
fn a_placeholder_keeps_its_type_and_a_text_is_a_text() {
    for (text, expected) in [
        ("{line.quantity}", json!(2)),
        ("{line.quantity} pieces", json!("2 pieces")),
        ("{{{line.quantity}}}", json!("{2}")),
        ("plain", json!("plain")),
        ("", json!("")),
        ("{contact.email | trim | lowercase}", json!("ada+shop@example.com")),
        ("{contact.email | trim | uppercase | take(3)}", json!("ADA")),
        ("{contact.email | trim | before('@')}", json!("Ada+Shop")),
        ("{contact.email | trim | after('@')}", json!("Example.com")),
        ("{contact.email | after('#')}", json!(null)),
        ("{contact.phone}", json!(null)),
        ("Phone: {contact.phone}", json!(null)),
        ("{contact.blank}", json!(null)),
        ("{contact.none | default('-')}", json!("-")),
        ("{contact.phone | default(contact.email) | trim}", json!("Ada+Shop@Example.com")),
        ("{contact.phone | default('a|b')}", json!("a|b")),
        ("{line.price | money_major}", json!(49)),
        ("{line.cents | money_major}", json!(19.99)),
        ("{line.yen | money_major}", json!(500)),
        ("{line.cents | money_minor}", json!(1999)),
        ("{line.cents | currency}", json!("EUR")),
        ("{setting.id | integer}", json!(41)),
        ("{setting.id | number}", json!(41)),
        ("{line.quantity | text}", json!("2")),
        ("{line.quantity | bool}", json!(false)),
        ("{now | iso8601}", json!("2026-11-21T10:00:00Z")),
        ("{now | earlier(60) | iso8601}", json!("2026-11-21T09:59:00Z")),
        ("{now | unix}", json!(1_795_255_200)),
        ("{now | unix_ms}", json!(1_795_255_200_250_i64)),
        ("{now | date}", json!("2026-11-21")),
        ("{list | join(', ')}", json!("a, b")),
        ("{list | count}", json!(2)),
        ("{list.1}", json!("b")),
        ("{list}", json!(["a", "b"])),
        ("{url | host}", json!("shop.example.com")),
        ("{url | origin}", json!("https://shop.example.com:8443")),
        ("{setting.word | host}", json!(null)),
        ("{setting.id | base64}", json!("NDE=")),
        ("{setting.id | md5}", json!("3416a75f4cea9109507cacd8e2f2aefc")),
        ("{setting.id | sha256}", json!("3d914f9348c9cc0ff8a79716700b9fcd4d2f3e711608004eb8f138bcba7f14d9")),
        // A value is never read as a template.
        ("Hello {contact.name}", json!("Hello {now | x}")),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn a_value_that_a_filter_does_not_accept_is_named_and_only_a_setting_is_quoted() {
    for (text, message) in [
        ("{setting.word | integer}", "The rule's `word` is `Bread`, which is not a whole number."),
        ("{contact.email | integer}", "`contact.email` is not a whole number."),
        ("{contact.email | iso8601}", "`contact.email` is not a time."),
        ("{line.quantity | money_major}", "`line.quantity` is not an amount of money."),
        ("a {line.price}", "`line.price` is not a text."),
    ] {
        let error = Template::parse(text).unwrap().value(&known()).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn what_is_no_template_is_refused_with_the_reason() {
    for (text, why) in [
        ("{contact.email", "without `}`"),
        ("contact.email}", "without `{`"),
        ("{}", "is not the path"),
        ("{contact..email}", "is not the path"),
        ("{a.b.c.d.e.f.g.h.i}", "is not the path"),
        ("{{contact.email}", "without `{`"),
        ("{a | shout}", "no such filter; the filters are: after, base64"),
        ("{a | take}", "another argument"),
        ("{a | take(-1)}", "negative"),
        ("{a | earlier(-1)}", "another argument"),
        ("{a | default('b}", "no `)`"),
        ("{a {b}}", "without `}`"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(Template::parse(&"x".repeat(LONGEST + 1)).unwrap_err().contains("at most"));
    assert!(Template::parse(&"{a}-".repeat(100)).unwrap_err().contains("32 placeholders"));
    assert!(Template::parse(&format!("{{a{}}}", " | trim".repeat(9))).unwrap_err().contains("8 filters"));
}

#[test]
fn a_text_that_grows_too_long_is_refused() {
    let long = Known(BTreeMap::from([("a", json!("x".repeat(40 << 10)))]));
    let error = Template::parse("{a}{a}").unwrap().value(&long).unwrap_err();
    assert!(error.to_string().contains("65536 bytes"), "{error}");
}

#[test]
fn the_first_alternative_whose_values_are_present_counts() {
    let text: Text = serde_json::from_value(json!(["{contact.phone}", "{setting.word}", "-"])).unwrap();
    assert_eq!(text.text(&known()).unwrap().as_deref(), Some("Bread"));
    let text: Text = serde_json::from_value(json!("{contact.phone}")).unwrap();
    assert_eq!(text.text(&known()).unwrap(), None);
}
