//! Sequences of actions against the stand-in, which keeps state, for each connection method.
#![expect(clippy::unwrap_used, reason = "in a test")]

#[path = "wire/sold.rs"]
mod sold;

use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use domain::outcome::Outcome;
use kit::Kit;
use sandbox::Standing;
use serde_json::{Value, json};

use crate::sold::{charge, sold};

fn ways() -> [Value; 3] {
    [json!({"access_token": "token"}), json!({"api_secret": "secret"}), json!({"api_key": "kit_key"})]
}

async fn account(credentials: Value) -> Account<Kit> {
    Account::new(Kit::new, credentials).await
}

fn tags(state: &Value) -> Value {
    state["subscribers"][0]["tags"].clone()
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    for credentials in ways() {
        let account = account(credentials).await;
        let id = account.state()["tags"][0]["id"].to_string();
        let pair = Pair { on: "add_tag", off: "remove_tag", settings: json!({"tag": id}) };
        account.comes_and_goes(&pair, tags).await;
        assert_eq!(account.state()["totals"]["added"], 1);
        assert_eq!(account.is_as_set("remove_tag", &pair.settings).await, Some(true));
        assert_eq!(account.is_as_set("add_tag", &pair.settings).await, Some(false));
    }
}

#[tokio::test]
async fn a_typed_tag_is_found_or_made_and_a_chosen_one_that_is_gone_is_not_made_anew() {
    for credentials in ways() {
        let account = account(credentials).await;
        account.seed(json!({"tags": ["2026"]}));
        for absent in ["Käufer", "vip"] {
            assert_told(
                &account.typed("remove_tag", absent).await,
                "already so",
                "nothing to remove",
                absent,
            );
        }
        for tag in ["Käufer", "vip", "2026", "2027"] {
            assert_eq!(account.typed("add_tag", tag).await, Outcome::DONE, "{tag}");
        }
        assert_eq!(tags(&account.state()), json!(["2026", "2027", "Käufer", "VIP"]));
        for tag in ["2027", "VIP"] {
            assert_eq!(account.typed("remove_tag", tag).await, Outcome::DONE, "{tag}");
        }
        assert_eq!(tags(&account.state()), json!(["2026", "Käufer"]));
        let gone = json!({"tag": "999999"});
        assert_told(&account.perform("add_tag", gone.clone()).await, "rejected", "another tag", "gone");
        assert_told(&account.perform("remove_tag", gone).await, "already so", "nothing to remove", "gone");
        assert_eq!(account.state()["tags"].as_array().map(Vec::len), Some(5));
    }
}

#[tokio::test]
async fn a_subscriber_is_neither_renamed_nor_brought_back() {
    for credentials in ways() {
        let v4 = credentials.get("api_secret").is_none();
        let account = account(credentials).await;
        let ada = json!({"email": "ada+shop@example.com", "first_name": "Augusta", "state": "cancelled"});
        account.seed(json!({"subscribers": [ada]}));
        let words = if v4 { "they unsubscribed" } else { "" };
        assert_told(&account.typed("add_tag", "VIP").await, "done", words, "a note");
        assert_told(&account.perform("add_tag", json!({"tag": "999999"})).await, "rejected", "", "gone");
        let known = &account.state()["subscribers"][0];
        assert_eq!((&known["first_name"], &known["state"]), (&json!("Augusta"), &json!("cancelled")));
    }
}

#[tokio::test]
async fn a_plan_that_is_full_is_said() {
    let account = account(json!({"api_secret": "secret"})).await;
    account.seed(json!({"limit": 0}));
    assert_told(&account.typed("add_tag", "VIP").await, "rejected", "plan allows", "full");
}

#[tokio::test]
async fn every_sample_of_a_sale_is_taken_and_its_repetition_is_the_same_purchase() {
    let samples = [
        "every-field",
        "every-role",
        "free-with-coupon",
        "gift",
        "non-ascii-names",
        "nulls-for-absent-fields",
        "one-item",
        "only-required-fields",
        "payment-option",
        "same-product-twice",
        "two-upsells",
        "whole-yen",
    ];
    let lines = samples.iter().flat_map(|name| sold(&format!("order-completed.{name}")));
    let jobs: Vec<_> = lines.chain([charge(1500)]).collect();
    // A V4 key cannot record purchases.
    for credentials in &ways()[..2] {
        let account = account(credentials.clone()).await;
        for job in jobs.iter().chain(&jobs) {
            assert_eq!(account.run(job).await, Outcome::DONE);
        }
        let state = account.state();
        let purchases = state["purchases"].as_array().unwrap();
        assert_eq!(purchases.len(), jobs.len());
        assert!(purchases.iter().all(|purchase| purchase["recorded"] == 2));
    }
}

#[tokio::test]
async fn the_connection_test_tells_kits_credentials_apart() {
    let account = account(Value::Null).await;
    for credentials in ways() {
        assert_eq!(account.identify_as(credentials).await.unwrap().account.as_deref(), Some("Sandbox"));
    }
    account.token("old", Standing::Expired);
    for (credentials, words) in [
        (json!({"api_secret": "kit_key"}), "This is a V4 API Key"),
        (json!({"api_secret": "the-api-key-of-v3"}), "This is the API Key"),
        (json!({"api_key": "secret"}), "of V3"),
        (json!({"access_token": "old"}), "expired"),
    ] {
        assert_told(&account.identify_as(credentials).await.unwrap_err(), "reconnect", words, words);
    }
}

#[tokio::test]
async fn more_tags_than_a_page_holds_are_pulled_and_found() {
    for credentials in ways() {
        let account = account(credentials).await;
        account.seed(json!({"tags": (0..1100).map(|number| format!("Tag {number}")).collect::<Vec<_>>()}));
        account.lists(&[("tags", 1102), ("forms", 1)]).await;
        assert_eq!(account.typed("add_tag", "tag 0").await, Outcome::DONE);
        assert_eq!(tags(&account.state()), json!(["Tag 0"]));
    }
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_secret() {
    for (method, credentials) in [
        ("oauth", json!({"access_token": "s3cret-token"})),
        ("v3", json!({"api_secret": "s3cret-secret"})),
        ("v4_key", json!({"api_key": "kit_s3cret"})),
    ] {
        let previews = previews(Kit::new, method, credentials, &["s3cret"]).await;
        for (action, preview) in &previews {
            assert!(!preview.requests.is_empty() || method == "v4_key", "{method} {action}: {preview:?}");
        }
        let removed = previewed_lines(&previews["remove_tag"]);
        assert!(removed.iter().any(|line| line.contains("/tags/7")), "{method}: {removed:?}");
    }
}
