//! The actions one after the other, against a stand-in that remembers.
#![expect(clippy::unwrap_used, reason = "in a test")]

use circle::Circle;
use connector::http::HttpSettings;
use connector::testing::{attempt, identify, job, options};
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use sandbox::Sandbox;
use serde_json::{Value, json};

struct Account {
    sandbox: Sandbox,
    circle: Circle,
}

fn credentials() -> Value {
    json!({"api_token": "admin-v2-token", "community_url": "https://sandbox.circle.so"})
}

impl Account {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let circle = Circle::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, circle }
    }

    async fn nth(&self, nth: u32, action: &str, settings: Value) -> Outcome {
        let mut job = job(App::Circle, action, settings);
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        attempt(&self.circle, &job, credentials(), nth).await
    }

    async fn perform(&self, action: &str, settings: Value) -> Outcome {
        self.nth(1, action, settings).await
    }

    /// With a tag whose name was typed.
    async fn typed(&self, action: &str, tag: &str) -> Outcome {
        let mut job = job(App::Circle, action, json!({"tag": tag}));
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        job.typed.insert("tag".to_owned());
        attempt(&self.circle, &job, credentials(), 1).await
    }

    /// What Ada is in: spaces, groups, events, tags.
    fn ada(&self) -> Value {
        let state = self.sandbox.state("circle").unwrap();
        let ada = &state["members"][0];
        json!([ada["spaces"], ada["space_groups"], ada["events"], ada["member_tags"]])
    }
}

fn is_already(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::AlreadySo { .. })
}

/// The actions in pairs, with the stand-in's own ids.
const PAIRS: [(&str, &str, &str, &str); 4] = [
    ("add_member_to_space", "remove_member_from_space", "space_id", "13"),
    ("add_member_to_space_group", "remove_member_from_space_group", "space_group_id", "1"),
    ("rsvp_member_for_events", "un_rsvp_member_for_events", "event_id", "21"),
    ("add_member_tag", "remove_member_tag", "tag", "31"),
];

#[tokio::test]
async fn a_buyer_comes_goes_and_comes_back() {
    let account = Account::new().await;
    for (add, remove, key, id) in PAIRS {
        assert!(
            matches!(
                account.perform(add, json!({key: id})).await,
                Outcome::Failed(Setback::PreconditionMissing { .. })
            ),
            "{add}"
        );
        assert!(
            matches!(account.nth(3, add, json!({key: id})).await, Outcome::Failed(Setback::Rejected { .. })),
            "{add}"
        );
        assert!(is_already(&account.perform(remove, json!({key: id})).await), "{remove}");
    }
    assert!(is_already(&account.perform("remove_member", json!({})).await));
    for _ in 0..2 {
        assert_eq!(account.perform("invite_member", json!({})).await, Outcome::DONE);
        assert!(is_already(&account.perform("invite_member", json!({})).await));
        for (add, _, key, id) in PAIRS {
            assert_eq!(account.perform(add, json!({key: id})).await, Outcome::DONE, "{add}");
        }
        assert_eq!(account.ada(), json!([[13], [1], [21], [31]]));
        assert_eq!(account.perform("remove_member", json!({})).await, Outcome::DONE);
        assert!(is_already(&account.perform("remove_member", json!({})).await));
        assert_eq!(account.ada(), json!([[], [], [], []]));
    }
}

#[tokio::test]
async fn everything_that_is_put_on_comes_off_again_however_often_it_is_asked_for() {
    let account = Account::new().await;
    account.perform("invite_member", json!({})).await;
    for (add, _, key, id) in PAIRS {
        assert_eq!(account.perform(add, json!({key: id})).await, Outcome::DONE, "{add}");
        let again = account.perform(add, json!({key: id})).await;
        assert!(is_already(&again) || again == Outcome::DONE, "{add}: {again:?}");
    }
    assert_eq!(account.ada(), json!([[13], [1], [21], [31]]));
    for (_, remove, key, id) in PAIRS {
        assert_eq!(account.perform(remove, json!({key: id})).await, Outcome::DONE, "{remove}");
        assert!(is_already(&account.perform(remove, json!({key: id})).await), "{remove}");
        let unknown = account.perform(remove, json!({key: "99"})).await;
        assert!(matches!(unknown, Outcome::Failed(Setback::Rejected { .. })), "{remove}: {unknown:?}");
    }
    assert_eq!(account.ada(), json!([[], [], [], []]));
}

#[tokio::test]
async fn a_typed_tag_is_created_once_and_found_from_then_on() {
    let account = Account::new().await;
    account.perform("invite_member", json!({})).await;
    let name = "Käufer & VIP";
    assert!(is_already(&account.typed("remove_member_tag", name).await));
    for _ in 0..2 {
        assert_eq!(account.typed("add_member_tag", name).await, Outcome::DONE);
    }
    let state = account.sandbox.state("circle").unwrap();
    let tags: Vec<&Value> =
        state["member_tags"].as_array().unwrap().iter().filter(|tag| tag["name"] == "Käufer & VIP").collect();
    assert_eq!((tags.len(), &tags[0]["public"]), (1, &json!(false)));
    // A name that is part of another's is another tag.
    assert_eq!(account.typed("add_member_tag", "vip").await, Outcome::DONE);
    assert_eq!(account.ada()[3], json!([32, tags[0]["id"]]));
    assert_eq!(account.typed("remove_member_tag", name).await, Outcome::DONE);
    assert_eq!(account.ada()[3], json!([32]));
    // So is a name that looks like the id of another.
    let seed = json!({"member_tags": [{"id": 7, "name": "Banned"}, {"id": 9, "name": "007"}]});
    account.sandbox.seed("circle", seed).unwrap();
    assert_eq!(account.typed("add_member_tag", "007").await, Outcome::DONE);
    assert_eq!(account.ada()[3], json!([9, 32]));
    assert_eq!(account.perform("add_member_tag", json!({"tag": "7"})).await, Outcome::DONE, "chosen");
    assert_eq!(account.ada()[3], json!([7, 9, 32]));
}

#[tokio::test]
async fn limits_and_subscriptions_are_told_apart() {
    let account = Account::new().await;
    account.sandbox.seed("circle", json!({"community": {"invitations_left": 0}})).unwrap();
    assert!(matches!(
        account.perform("invite_member", json!({})).await,
        Outcome::Failed(Setback::RateLimited { .. })
    ));
    account.sandbox.seed("circle", json!({"community": {"member_limit": 0}})).unwrap();
    assert!(matches!(
        account.perform("invite_member", json!({})).await,
        Outcome::Failed(Setback::Rejected { .. })
    ));
    let payer = json!({"members": [{"email": "ada+shop@example.com", "subscribed": true}]});
    account.sandbox.seed("circle", payer).unwrap();
    assert!(matches!(
        account.perform("remove_member", json!({})).await,
        Outcome::Failed(Setback::Rejected { .. })
    ));
    account.sandbox.seed("circle", json!({"community": {"eligible": false}})).unwrap();
    let refused = account.perform("invite_member", json!({})).await;
    assert!(matches!(refused, Outcome::Failed(Setback::ReconnectNeeded { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_account_is_connected_and_its_lists_are_pulled() {
    let account = Account::new().await;
    let identity = identify(&account.circle, credentials()).await.unwrap();
    assert_eq!(identity.account.as_deref(), Some("Sandbox Community"));
    let v1 = json!({"api_token": "v1-token", "community_url": "https://sandbox.circle.so"});
    let refused = identify(&account.circle, v1).await.unwrap_err();
    assert!(matches!(refused, Setback::ReconnectNeeded { .. }), "{refused:?}");

    let many: Vec<Value> = (100..350).map(|id| json!({"id": id, "name": format!("Tag {id}")})).collect();
    account.sandbox.seed("circle", json!({"member_tags": many})).unwrap();
    for (list, count) in [("spaces", 3), ("space_groups", 2), ("events", 2), ("member_tags", 252)] {
        assert_eq!(options(&account.circle, credentials(), list).await.unwrap().len(), count, "{list}");
    }
}
