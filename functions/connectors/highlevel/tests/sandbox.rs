//! The actions one after the other, against a stand-in that remembers.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{attempt, identify, job, options};
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use highlevel::HighLevel;
use sandbox::{Sandbox, Standing};
use serde_json::{Value, json};

struct Account {
    sandbox: Sandbox,
    highlevel: HighLevel,
}

impl Account {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let highlevel = HighLevel::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, highlevel }
    }

    async fn perform(&self, action: &str, settings: Value) -> Outcome {
        let mut job = job(App::HighLevel, action, settings);
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        job.contact.phone = Some("+1 555 010 0199".to_owned());
        attempt(&self.highlevel, &job, credentials("demo"), 1).await
    }

    async fn tag(&self, action: &str, tag: &str) -> Outcome {
        self.perform(action, json!({"tag": tag})).await
    }

    fn seed(&self, location: &Value) {
        self.sandbox.seed("highlevel", json!({"locations": [location]})).unwrap();
    }

    /// The location's contacts.
    fn contacts(&self) -> Vec<Value> {
        self.sandbox.state("highlevel").unwrap()["locations"][0]["contacts"].as_array().unwrap().clone()
    }
}

fn credentials(location: &str) -> Value {
    json!({"access_token": "t0ken", "location_id": location})
}

fn is_already(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::AlreadySo { .. })
}

#[tokio::test]
async fn a_buyer_is_created_tagged_and_untagged() {
    let account = Account::new().await;
    assert!(is_already(&account.tag("remove_tags", "VIP").await), "nobody is there");
    assert_eq!(account.perform("create_contact", json!({})).await, Outcome::DONE);
    assert!(is_already(&account.perform("create_contact", json!({})).await));
    assert_eq!(account.tag("add_tags", "VIP").await, Outcome::DONE);
    assert!(is_already(&account.tag("add_tags", "vip").await), "in other letters");
    assert_eq!(account.tag("add_tags", "Käufer & Co").await, Outcome::DONE);
    let [ada] = account.contacts().try_into().unwrap();
    assert_eq!((&ada["email"], &ada["firstName"]), (&json!("Ada+Shop@Example.com"), &json!("Ada")));
    assert_eq!(ada["tags"], json!(["käufer & co", "vip"]));
    assert_eq!(account.tag("remove_tags", "Vip").await, Outcome::DONE);
    assert_eq!(account.tag("remove_tags", "Vip").await, Outcome::DONE);
    let [ada] = account.contacts().try_into().unwrap();
    assert_eq!(ada["tags"], json!(["käufer & co"]));
    assert_eq!(ada["counts"], json!({"created": 1, "tag_on": 2, "tag_off": 2}));
}

#[tokio::test]
async fn add_tags_creates_whoever_is_not_there() {
    let account = Account::new().await;
    assert_eq!(account.tag("add_tags", "typed by hand").await, Outcome::DONE);
    let [ada] = account.contacts().try_into().unwrap();
    assert_eq!((&ada["lastName"], &ada["tags"]), (&json!("Lovelace"), &json!(["typed by hand"])));
}

#[tokio::test]
async fn no_action_changes_a_contact_but_for_the_tag_it_names() {
    let account = Account::new().await;
    let ada = json!({"email": "ADA+shop@example.com", "firstName": "Augusta", "phone": "+4477000000"});
    account.seed(&json!({"id": "demo", "contacts": [{"fields": ada, "tags": ["kept"]}]}));
    assert!(is_already(&account.perform("create_contact", json!({})).await));
    assert_eq!(account.tag("add_tags", "new").await, Outcome::DONE);
    assert_eq!(account.tag("remove_tags", "another").await, Outcome::DONE);
    let [found] = account.contacts().try_into().unwrap();
    assert_eq!(found["tags"], json!(["kept", "new"]));
    for field in ["email", "firstName", "lastName", "phone"] {
        assert_eq!(found[field], ada[field], "{field}");
    }
    assert_eq!(found["counts"], json!({"tag_on": 1, "tag_off": 1}));
}

#[tokio::test]
async fn whoever_has_the_phone_number_is_neither_changed_nor_tagged() {
    for order in [json!(["email", "phone"]), json!(["phone", "email"]), json!(["phone"])] {
        let account = Account::new().await;
        let pat =
            json!({"fields": {"email": "pat@example.com", "firstName": "Pat", "phone": "+15550100199"}});
        account.seed(&json!({"id": "demo", "order": order, "contacts": [pat]}));
        let outcome = account.tag("add_tags", "buyer").await;
        assert!(
            matches!(&outcome, Outcome::Done { note: Some(note) } if note.contains("phone")),
            "{outcome:?}"
        );
        assert_eq!(account.tag("add_tags", "vip").await, Outcome::DONE);
        assert_eq!(account.tag("remove_tags", "buyer").await, Outcome::DONE);
        let [pat, ada] = account.contacts().try_into().unwrap();
        assert_eq!((&pat["email"], &pat["firstName"]), (&json!("pat@example.com"), &json!("Pat")));
        assert_eq!((&pat["tags"], &pat["counts"]), (&json!([]), &json!({})));
        assert_eq!((&ada["tags"], &ada["phone"]), (&json!(["vip"]), &Value::Null), "{order}");
    }
}

#[tokio::test]
async fn the_loser_of_two_creations_at_once_tags_the_winners_contact() {
    let account = Account::new().await;
    let ada = || json!({"fields": {"email": "ada+shop@example.com"}, "contested": true});
    account.seed(&json!({"id": "demo", "contacts": [ada()]}));
    assert!(is_already(&account.perform("create_contact", json!({})).await));
    assert_eq!(account.tag("add_tags", "vip").await, Outcome::DONE);
    assert_eq!(account.contacts()[0]["tags"], json!(["vip"]));
    let account = Account::new().await;
    account.seed(&json!({"id": "demo", "contacts": [ada()]}));
    assert_eq!(account.tag("add_tags", "vip").await, Outcome::DONE);
    let [only] = account.contacts().try_into().unwrap();
    assert_eq!(only["tags"], json!(["vip"]));
}

#[tokio::test]
async fn two_jobs_at_once_make_one_contact_where_duplicates_are_allowed() {
    let account = Account::new().await;
    account.seed(&json!({"id": "demo", "allow_duplicates": true}));
    let (first, second) = tokio::join!(account.tag("add_tags", "buyer"), account.tag("add_tags", "vip"));
    assert_eq!((first, second), (Outcome::DONE, Outcome::DONE));
    let [ada] = account.contacts().try_into().unwrap();
    assert_eq!(ada["tags"], json!(["buyer", "vip"]));
}

#[tokio::test]
async fn a_connection_is_tested_and_its_tags_are_pulled() {
    let account = Account::new().await;
    let identity = identify(&account.highlevel, credentials("demo")).await.unwrap();
    assert_eq!(identity.account.as_deref(), Some("Demo Bookshop"));
    let tags = options(&account.highlevel, credentials("demo"), "tags").await.unwrap();
    let tags: Vec<&str> = tags.iter().map(|tag| tag.value.as_str()).collect();
    assert_eq!(tags, ["customer", "refunded", "vip"]);
    let elsewhere = identify(&account.highlevel, credentials("somebody-elses")).await.unwrap_err();
    assert!(matches!(elsewhere, Setback::ReconnectNeeded { .. }), "{elsewhere:?}");
    account.sandbox.token("highlevel", "t0ken", Standing::Revoked).unwrap();
    let revoked = account.perform("create_contact", json!({})).await;
    assert!(matches!(revoked, Outcome::Failed(Setback::ReconnectNeeded { .. })), "{revoked:?}");
}
