//! Sequences of actions against the stand-in, which keeps state.

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use declared::Declared;
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn circle(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("circle", settings)
}

async fn account() -> Account<Declared> {
    let url = "https://sandbox.circle.so";
    Account::new(circle, json!({"api_token": "admin-v2-token", "community_url": url})).await
}

/// Ada's spaces, groups, events and tags.
fn ada(state: &Value) -> Value {
    let ada = &state["members"][0];
    json!([ada["spaces"], ada["space_groups"], ada["events"], ada["member_tags"]])
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    let account = account().await;
    let member = Pair { on: "invite_member", off: "remove_member", settings: json!({}) };
    account.comes_and_goes(&member, |state| state["members"][0]["deactivated"].clone()).await;
    for (on, off, key, id) in [
        ("add_member_to_space", "remove_member_from_space", "space_id", "13"),
        ("add_member_to_space_group", "remove_member_from_space_group", "space_group_id", "1"),
        ("rsvp_member_for_events", "un_rsvp_member_for_events", "event_id", "21"),
        ("add_member_tag", "remove_member_tag", "tag", "31"),
    ] {
        let settings = json!({key: id});
        assert_told(&account.perform(on, settings.clone()).await, "not yet", "Invite Member", on);
        assert_eq!(account.perform("invite_member", json!({})).await, Outcome::DONE);
        account.comes_and_goes(&Pair { on, off, settings: settings.clone() }, ada).await;
        assert_eq!(account.perform(on, settings).await, Outcome::DONE);
        assert!(ada(&account.state()).to_string().contains(&format!("[{id}]")), "{on}");
        assert_eq!(account.perform("remove_member", json!({})).await, Outcome::DONE);
        assert_eq!(ada(&account.state()), json!([[], [], [], []]));
    }
}

#[tokio::test]
async fn a_typed_tag_is_created_once_and_found_from_then_on() {
    let account = account().await;
    account.perform("invite_member", json!({})).await;
    let name = "Käufer & VIP";
    assert_told(&account.typed("remove_member_tag", name).await, "already so", "no tag", name);
    for _ in 0..2 {
        assert_eq!(account.typed("add_member_tag", name).await, Outcome::DONE);
    }
    let state = account.state();
    let tags = state["member_tags"].as_array().into_iter().flatten().filter(|tag| tag["name"] == name);
    let tags: Vec<&Value> = tags.collect();
    assert_eq!((tags.len(), &tags[0]["public"]), (1, &json!(false)));
    // A name that is part of another tag's name is a different tag.
    assert_eq!(account.typed("add_member_tag", "vip").await, Outcome::DONE);
    assert_eq!(ada(&account.state())[3], json!([32, tags[0]["id"]]));
    // A name that looks like another tag's id is a name.
    account.seed(json!({"member_tags": [{"id": 7, "name": "Banned"}, {"id": 9, "name": "007"}]}));
    assert_eq!(account.typed("add_member_tag", "007").await, Outcome::DONE);
    assert_eq!(ada(&account.state())[3], json!([9, 32, tags[0]["id"]]));
}

#[tokio::test]
async fn an_account_is_connected_and_its_lists_are_pulled_whole() {
    let account = account().await;
    let v1 = json!({"api_token": "v1-token", "community_url": "https://sandbox.circle.so"});
    assert_told(&account.identify_as(v1).await.unwrap_err(), "reconnect", "Admin V2", "V1");
    let many: Vec<Value> = (100..350).map(|id| json!({"id": id, "name": format!("Tag {id}")})).collect();
    account.seed(json!({"member_tags": many}));
    account.lists(&[("spaces", 3), ("space_groups", 2), ("events", 2), ("member_tags", 252)]).await;
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_token() {
    let credentials =
        json!({"api_token": "s3cret-admin-v2-token", "community_url": "https://sandbox.circle.so"});
    let previews = previews(circle, "api_token", credentials, &["s3cret"]).await;
    for (action, preview) in &previews {
        assert!(!preview.requests.is_empty(), "{action}: {preview:?}");
    }
    assert_eq!(previewed_lines(&previews["invite_member"]), ["POST /circle/api/admin/v2/community_members"]);
}
