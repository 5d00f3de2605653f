//! The actions one after the other, against a stand-in that remembers, in each way to connect.
#![expect(clippy::unwrap_used, reason = "in a test")]

#[path = "wire/sold.rs"]
mod sold;

use std::collections::BTreeSet;

use connector::http::HttpSettings;
use connector::testing::{attempt, identify, job, options};
use domain::app::App;
use domain::job::Job;
use domain::outcome::{Outcome, Setback};
use kit::Kit;
use sandbox::{Sandbox, Standing};
use serde_json::{Value, json};

use crate::sold::{charge, sold};

struct Account {
    sandbox: Sandbox,
    kit: Kit,
    credentials: Value,
}

impl Account {
    async fn new(credentials: Value) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let kit = Kit::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, kit, credentials }
    }

    /// With a tag that was typed.
    async fn perform(&self, action: &str, tag: &str) -> Outcome {
        self.attempt(action, tag, ["tag".to_owned()].into()).await
    }

    /// With a tag that was chosen.
    async fn choose(&self, action: &str, id: &str) -> Outcome {
        self.attempt(action, id, BTreeSet::new()).await
    }

    async fn attempt(&self, action: &str, tag: &str, typed: BTreeSet<String>) -> Outcome {
        let mut job = Job { typed, ..job(App::Kit, action, json!({ "tag": tag })) };
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        attempt(&self.kit, &job, self.credentials.clone(), 1).await
    }

    /// Ada's tags, and how often the account was written to.
    fn ada(&self) -> (Value, Value) {
        let state = self.sandbox.state("kit").unwrap();
        (state["subscribers"][0]["tags"].clone(), state["totals"].clone())
    }
}

fn ways() -> [Value; 3] {
    [json!({"api_secret": "secret"}), json!({"access_token": "token"}), json!({"api_key": "kit_key"})]
}

fn purchasing_ways() -> impl Iterator<Item = Value> {
    ways().into_iter().take(2)
}

#[tokio::test]
async fn tags_come_and_go_by_id_and_by_name() {
    for credentials in ways() {
        let account = Account::new(credentials).await;
        assert!(matches!(account.perform("remove_tag", "vip").await, Outcome::AlreadySo { .. }));
        assert!(matches!(account.perform("remove_tag", "Käufer").await, Outcome::AlreadySo { .. }));
        assert_eq!(account.perform("add_tag", "Käufer").await, Outcome::DONE);
        assert_eq!(account.perform("add_tag", "vip").await, Outcome::DONE);
        assert_eq!(account.ada().0, json!(["Käufer", "VIP"]));

        let tags = options(&account.kit, account.credentials.clone(), "tags").await.unwrap();
        assert_eq!(tags.len(), 3);
        let id = &tags.iter().find(|tag| tag.label == "Käufer").unwrap().value;
        assert!(matches!(
            account.choose("add_tag", id).await,
            Outcome::Done { .. } | Outcome::AlreadySo { .. }
        ));
        assert_eq!(account.choose("remove_tag", id).await, Outcome::DONE);
        assert_eq!(account.perform("remove_tag", "VIP").await, Outcome::DONE);
        let (tags, totals) = account.ada();
        assert_eq!(tags, json!([]));
        assert_eq!(
            (&totals["added"], &totals["tag_on"], &totals["tag_off"]),
            (&json!(1), &json!(3), &json!(2))
        );
    }
}

#[tokio::test]
async fn a_tag_that_is_a_number_works_and_a_chosen_one_that_is_gone_is_not_made_anew() {
    for credentials in ways() {
        let account = Account::new(credentials).await;
        account.sandbox.seed("kit", json!({"tags": ["2026"]})).unwrap();
        assert_eq!(account.perform("add_tag", "2026").await, Outcome::DONE);
        assert_eq!(account.perform("add_tag", "2027").await, Outcome::DONE);
        assert_eq!(account.ada().0, json!(["2026", "2027"]));
        assert_eq!(account.perform("remove_tag", "2027").await, Outcome::DONE);
        assert_eq!(account.ada().0, json!(["2026"]));
        assert_eq!(account.perform("remove_tag", "2026").await, Outcome::DONE);
        assert_eq!(account.ada().0, json!([]));
        assert!(matches!(
            account.choose("add_tag", "999999").await,
            Outcome::Failed(Setback::Rejected { .. })
        ));
        assert!(matches!(account.choose("remove_tag", "999999").await, Outcome::AlreadySo { .. }));
        assert_eq!(account.sandbox.state("kit").unwrap()["tags"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn an_unsubscription_outlives_a_tag() {
    let account = Account::new(json!({"access_token": "token"})).await;
    let ada = json!([{"email": "ada+shop@example.com", "state": "cancelled"}]);
    account.sandbox.seed("kit", json!({ "subscribers": ada })).unwrap();
    let Outcome::Done { note: Some(note) } = account.perform("add_tag", "VIP").await else {
        panic!("no note")
    };
    assert!(note.contains("unsubscribed"), "{note}");
    assert_eq!(account.sandbox.state("kit").unwrap()["subscribers"][0]["state"], "cancelled");
}

#[tokio::test]
async fn a_plan_that_is_full_is_said() {
    let account = Account::new(json!({"api_secret": "secret"})).await;
    account.sandbox.seed("kit", json!({"limit": 0})).unwrap();
    let Outcome::Failed(Setback::Rejected { reason }) = account.perform("add_tag", "VIP").await else {
        panic!("taken")
    };
    assert!(reason.message.contains("plan allows"), "{reason:?}");
}

#[tokio::test]
async fn every_sample_of_a_sale_is_taken_and_its_repetition_is_the_same_purchase() {
    for credentials in purchasing_ways() {
        let account = Account::new(credentials).await;
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
        let mut jobs: Vec<_> =
            samples.iter().flat_map(|name| sold(&format!("order-completed.{name}"))).collect();
        jobs.push(charge(1500));
        for job in jobs.iter().chain(&jobs) {
            assert_eq!(attempt(&account.kit, job, account.credentials.clone(), 1).await, Outcome::DONE);
        }
        let state = account.sandbox.state("kit").unwrap();
        let purchases = state["purchases"].as_array().unwrap();
        assert_eq!(purchases.len(), jobs.len());
        assert!(purchases.iter().all(|purchase| purchase["recorded"] == 2));
    }
}

#[tokio::test]
async fn the_connection_test_tells_kits_credentials_apart() {
    let account = Account::new(Value::Null).await;
    for credentials in ways() {
        let identity = identify(&account.kit, credentials).await.unwrap();
        assert_eq!(identity.account.as_deref(), Some("Sandbox"));
    }
    account.sandbox.token("kit", "old", Standing::Expired).unwrap();
    for (credentials, words) in [
        (json!({"api_secret": "kit_key"}), "This is a V4 API Key"),
        (json!({"api_secret": "the-api-key-of-v3"}), "This is the API Key"),
        (json!({"api_key": "secret"}), "of V3"),
        (json!({"access_token": "old"}), "expired"),
    ] {
        let Err(Setback::ReconnectNeeded { reason }) = identify(&account.kit, credentials).await else {
            panic!("{words}")
        };
        assert!(reason.message.contains(words), "{reason:?}");
    }
}

#[tokio::test]
async fn more_tags_than_a_page_holds_are_pulled_and_found() {
    for credentials in ways() {
        let account = Account::new(credentials).await;
        let many: Vec<_> = (0..1100).map(|number| format!("Tag {number}")).collect();
        account.sandbox.seed("kit", json!({ "tags": many })).unwrap();
        assert_eq!(options(&account.kit, account.credentials.clone(), "tags").await.unwrap().len(), 1102);
        assert_eq!(options(&account.kit, account.credentials.clone(), "forms").await.unwrap().len(), 1);
        assert_eq!(account.perform("add_tag", "tag 0").await, Outcome::DONE);
        assert_eq!(account.ada().0, json!(["Tag 0"]));
    }
}
