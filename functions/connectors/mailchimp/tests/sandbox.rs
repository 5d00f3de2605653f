//! The actions one after the other, against a stand-in that remembers.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{attempt, granted, identify, job, options};
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use mailchimp::Mailchimp;
use sandbox::{Sandbox, Standing};
use serde_json::{Map, Value, json};

struct Account {
    sandbox: Sandbox,
    mailchimp: Mailchimp,
}

impl Account {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let mailchimp = Mailchimp::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, mailchimp }
    }

    async fn perform(&self, action: &str, list: &str, more: Value) -> Outcome {
        let mut job = job(App::Mailchimp, action, more);
        job.settings.0.insert("list_id".to_owned(), json!(list));
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        attempt(&self.mailchimp, &job, json!({"api_key": "0123456789abcdef0123456789abcdef-us6"}), 1).await
    }

    /// Ada's status and tags.
    fn ada(&self) -> (Value, Value) {
        let state = self.sandbox.state("mailchimp").unwrap();
        let members = state["audiences"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|list| list["members"].as_array().unwrap());
        members.map(|member| (member["status"].clone(), member["tags"].clone())).next().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_buyer_comes_goes_and_comes_back() {
    let account = Account::new().await;
    let tag = json!({"tag": "Käufer & VIP"});
    assert!(matches!(
        account.perform("add_tag", "demo", tag.clone()).await,
        Outcome::Failed(Setback::PreconditionMissing { .. })
    ));
    assert_eq!(account.perform("add_to_list", "demo", json!({})).await, Outcome::DONE);
    assert_eq!(account.perform("add_to_list", "demo", json!({})).await, Outcome::DONE);
    assert_eq!(account.perform("add_tag", "demo", tag.clone()).await, Outcome::DONE);
    assert_eq!(account.ada(), (json!("subscribed"), json!(["Käufer & VIP"])));
    assert_eq!(account.perform("remove_tag", "demo", tag).await, Outcome::DONE);
    assert_eq!(account.perform("remove_from_list", "demo", json!({})).await, Outcome::DONE);
    assert_eq!(account.ada(), (json!("archived"), json!([])));
    assert!(matches!(
        account.perform("remove_from_list", "demo", json!({})).await,
        Outcome::AlreadySo { .. }
    ));
    let Outcome::Done { note: Some(note) } = account.perform("add_to_list", "demo", json!({})).await else {
        panic!("{:?}", account.ada())
    };
    assert!(note.contains("brought back"), "{note}");
    assert_eq!(account.ada().0, "subscribed");
}

#[tokio::test]
async fn an_unsubscription_outlives_every_action() {
    let account = Account::new().await;
    account.perform("add_to_list", "demo", json!({})).await;
    let unsubscribe = json!({"mode": "unsubscribe"});
    assert_eq!(account.perform("remove_from_list", "demo", unsubscribe).await, Outcome::DONE);
    assert!(matches!(
        account.perform("remove_from_list", "demo", json!({})).await,
        Outcome::AlreadySo { .. }
    ));
    assert!(matches!(account.perform("add_to_list", "demo", json!({})).await, Outcome::AlreadySo { .. }));
    assert_eq!(account.ada().0, "unsubscribed");
}

#[tokio::test]
async fn a_field_that_the_audience_requires_costs_no_buyer() {
    let account = Account::new().await;
    let mut job = job(App::Mailchimp, "add_to_list", json!({"list_id": "strict"}));
    job.contact.first_name = None;
    let key = json!({"api_key": "0123456789abcdef0123456789abcdef-us6"});
    assert_eq!(attempt(&account.mailchimp, &job, key, 1).await, Outcome::DONE);
}

#[tokio::test]
async fn an_account_that_allowed_us_in_is_told_apart_listed_and_acted_in_until_it_withdraws() {
    let Account { sandbox, mailchimp } = Account::new().await;
    sandbox.token("mailchimp", "t0ken", Standing::Valid).unwrap();
    let kept = granted(&mailchimp, json!({"access_token": "t0ken"}), Map::new()).await.unwrap();
    let credentials = || json!({"access_token": "t0ken", "dc": kept["dc"]});

    assert_eq!(identify(&mailchimp, credentials()).await.unwrap().account.as_deref(), Some("Sandbox"));
    let audiences = options(&mailchimp, credentials(), "audiences").await.unwrap();
    let ids: Vec<_> = audiences.iter().map(|audience| audience.value.as_str()).collect();
    assert_eq!(ids, ["demo", "newsletter", "strict"]);
    let tags = options(&mailchimp, credentials(), "tags").await.unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| (tag.value.as_str(), tag.parent.as_deref())).collect();
    assert_eq!(tags, [("Customer", Some("demo")), ("VIP", Some("demo"))]);
    let more: Vec<String> = (10..60).map(|n| format!("Tag {n}")).collect();
    sandbox.seed("mailchimp", json!({"audiences": [{"id": "demo", "tags": more}]})).unwrap();
    assert_eq!(options(&mailchimp, credentials(), "tags").await.unwrap().len(), 52);
    let fields = options(&mailchimp, credentials(), "merge_fields").await.unwrap();
    assert!(fields.iter().any(|field| field.value == "PHONE" && field.parent.as_deref() == Some("strict")));

    let settings = json!({"list_id": "demo", "phone_field": "PHONE", "address_field": "ADDRESS"});
    let mut job = job(App::Mailchimp, "add_to_list", settings);
    job.contact.phone = Some("+44 20 7946 0000".to_owned());
    let address = json!({"line1": "12 St James's Square", "city": "London", "region": "London", "postal_code": "SW1Y 4JH"});
    job.contact.address = serde_json::from_value(address).unwrap();
    assert_eq!(attempt(&mailchimp, &job, credentials(), 1).await, Outcome::DONE);
    let ada = &sandbox.state("mailchimp").unwrap()["audiences"][0]["members"][0];
    assert_eq!(ada["merge_fields"]["PHONE"], "+44 20 7946 0000");
    assert_eq!(ada["merge_fields"]["ADDRESS"]["zip"], "SW1Y 4JH");

    sandbox.token("mailchimp", "t0ken", Standing::Revoked).unwrap();
    let refused = attempt(&mailchimp, &job, credentials(), 1).await;
    assert!(matches!(refused, Outcome::Failed(Setback::ReconnectNeeded { .. })), "{refused:?}");
    let refused = granted(&mailchimp, json!({"access_token": "t0ken"}), Map::new()).await;
    assert!(matches!(refused, Err(Setback::ReconnectNeeded { .. })), "{refused:?}");
}
