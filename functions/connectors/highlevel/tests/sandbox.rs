//! Sequences of actions against the stand-in, which keeps state.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use domain::outcome::Outcome;
use highlevel::HighLevel;
use sandbox::Standing;
use serde_json::{Value, json};

fn credentials(location: &str) -> Value {
    json!({"access_token": "t0ken", "location_id": location})
}

async fn account(demo: &Value) -> Account<HighLevel> {
    let account = Account::new(HighLevel::new, credentials("demo")).await;
    let mut location = json!({"id": "demo"});
    location.as_object_mut().unwrap().extend(demo.as_object().unwrap().clone());
    account.seed(json!({ "locations": [location] }));
    account
}

/// Performs an action for Ada, who has a phone number.
async fn perform(account: &Account<HighLevel>, action: &str, tag: &str) -> Outcome {
    let mut job = account.job(action, json!({"tag": tag}));
    job.contact.phone = Some("+1 555 010 0199".to_owned());
    account.run(&job).await
}

fn contacts(account: &Account<HighLevel>) -> Vec<Value> {
    account.state()["locations"][0]["contacts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    let account = account(&json!({})).await;
    let tags = |tag: &str| Pair { on: "add_tags", off: "remove_tags", settings: json!({"tag": tag}) };
    for tag in ["VIP", "Käufer & Co"] {
        let contact = |state: &Value| state["locations"][0]["contacts"][0]["tags"].clone();
        account.comes_and_goes(&tags(tag), contact).await;
    }
    assert_eq!(perform(&account, "add_tags", "vip").await, Outcome::DONE);
    assert_told(&perform(&account, "add_tags", "VIP").await, "already so", "has the tag", "in other letters");
    assert_eq!(perform(&account, "remove_tags", "Vip").await, Outcome::DONE);
    let [ada] = contacts(&account).try_into().unwrap();
    assert_eq!((&ada["email"], &ada["firstName"]), (&json!("Ada+Shop@Example.com"), &json!("Ada")));
    assert_eq!((&ada["tags"], &ada["counts"]["created"]), (&json!([]), &json!(1)));
}

#[tokio::test]
async fn no_action_changes_a_contact_but_for_the_tag_it_names() {
    let ada = json!({"email": "ADA+shop@example.com", "firstName": "Augusta", "phone": "+4477000000"});
    let account = account(&json!({"contacts": [{"fields": ada, "tags": ["kept"]}]})).await;
    assert_told(&perform(&account, "create_contact", "").await, "already so", "were not changed", "create");
    assert_eq!(perform(&account, "add_tags", "new").await, Outcome::DONE);
    assert_eq!(perform(&account, "remove_tags", "another").await, Outcome::DONE);
    let [found] = contacts(&account).try_into().unwrap();
    assert_eq!(found["tags"], json!(["kept", "new"]));
    for field in ["email", "firstName", "lastName", "phone"] {
        assert_eq!(found[field], ada[field], "{field}");
    }
    assert_eq!(found["counts"], json!({"tag_on": 1, "tag_off": 1}));
}

#[tokio::test]
async fn whoever_has_the_phone_number_is_neither_changed_nor_tagged() {
    for order in [json!(["email", "phone"]), json!(["phone", "email"]), json!(["phone"])] {
        let pat = json!({"email": "pat@example.com", "firstName": "Pat", "phone": "+15550100199"});
        let account = account(&json!({"order": order, "contacts": [{"fields": pat}]})).await;
        assert_told(&perform(&account, "add_tags", "buyer").await, "done", "`phone` was rejected", "note");
        assert_eq!(perform(&account, "add_tags", "vip").await, Outcome::DONE);
        assert_eq!(perform(&account, "remove_tags", "buyer").await, Outcome::DONE);
        let [pat, ada] = contacts(&account).try_into().unwrap();
        assert_eq!((&pat["email"], &pat["firstName"]), (&json!("pat@example.com"), &json!("Pat")));
        assert_eq!((&pat["tags"], &pat["counts"]), (&json!([]), &json!({})));
        assert_eq!((&ada["tags"], &ada["phone"]), (&json!(["vip"]), &Value::Null), "{order}");
    }
}

#[tokio::test]
async fn two_creations_at_once_make_one_contact() {
    for allow_duplicates in [false, true] {
        // Another process creates her between the search and the creation.
        let ada = json!({"fields": {"email": "ada+shop@example.com"}, "contested": true});
        let raced = json!({"allow_duplicates": allow_duplicates, "contacts": [ada]});
        let account = account(&raced).await;
        assert_eq!(perform(&account, "add_tags", "vip").await, Outcome::DONE);
        let [only] = contacts(&account).try_into().unwrap();
        assert_eq!((&only["tags"], &only["phone"]), (&json!(["vip"]), &Value::Null), "{allow_duplicates}");
    }
    // Two jobs of one process.
    let account = account(&json!({"allow_duplicates": true})).await;
    let both = tokio::join!(perform(&account, "add_tags", "buyer"), perform(&account, "add_tags", "vip"));
    assert_eq!(both, (Outcome::DONE, Outcome::DONE));
    let [ada] = contacts(&account).try_into().unwrap();
    assert_eq!((&ada["tags"], &ada["phone"]), (&json!(["buyer", "vip"]), &json!("+1 555 010 0199")));
}

#[tokio::test]
async fn a_connection_is_tested_and_its_tags_are_pulled() {
    let account = account(&json!({})).await;
    account.lists(&[("tags", 3)]).await;
    let elsewhere = account.identify_as(credentials("another-merchants")).await.unwrap_err();
    assert_told(&elsewhere, "reconnect", "does not have access", "another location");
    account.token("t0ken", Standing::Revoked);
    let revoked = account.identify_as(credentials("demo")).await.unwrap_err();
    assert_told(&revoked, "reconnect", "access token is invalid", "revoked");
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_token() {
    let credentials = json!({"access_token": "s3cret-token", "location_id": "demo"});
    let previews = previews(HighLevel::new, "oauth", credentials, &["s3cret"]).await;
    for (action, preview) in &previews {
        assert!(!preview.requests.is_empty(), "{action}: {preview:?}");
    }
    let created = previewed_lines(&previews["create_contact"]);
    assert_eq!(created.last().map(String::as_str), Some("POST /highlevel/contacts/upsert"), "{created:?}");
}
