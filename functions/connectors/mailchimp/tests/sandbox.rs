//! Sequences of actions against the stand-in, which keeps state.

use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use domain::outcome::Outcome;
use mailchimp::Mailchimp;
use sandbox::Standing;
use serde_json::{Value, json};

async fn account() -> Account<Mailchimp> {
    Account::new(Mailchimp::new, json!({"api_key": "0123456789abcdef0123456789abcdef-us6"})).await
}

fn list() -> Value {
    json!({"list_id": "demo"})
}

/// Ada in the audience.
fn ada(state: &Value) -> &Value {
    &state["audiences"][0]["members"][0]
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    let account = account().await;
    let tag = json!({"list_id": "demo", "tag": "Käufer & VIP"});
    assert_told(&account.perform("add_tag", tag.clone()).await, "not yet", "Add To List", "a stranger");
    let member = Pair { on: "add_to_list", off: "remove_from_list", settings: list() };
    account.comes_and_goes(&member, |state| ada(state)["status"].clone()).await;
    assert_eq!(ada(&account.state())["status"], "archived");
    let back = account.perform("add_to_list", list()).await;
    assert_told(&back, "done", "subscribed again", "archived");
    let tagged = Pair { on: "add_tag", off: "remove_tag", settings: tag };
    account.comes_and_goes(&tagged, |state| ada(state)["tags"].clone()).await;
    assert_eq!(ada(&account.state())["status"], "subscribed");
    assert_eq!(account.is_as_set("remove_tag", &tagged.settings).await, Some(true));
    assert_eq!(account.is_as_set("add_to_list", &list()).await, Some(true));
}

#[tokio::test]
async fn an_unsubscription_outlives_every_action() {
    let account = account().await;
    account.perform("add_to_list", list()).await;
    let unsubscribe = json!({"list_id": "demo", "mode": "unsubscribe"});
    assert_eq!(account.perform("remove_from_list", unsubscribe).await, Outcome::DONE);
    for action in ["remove_from_list", "add_to_list"] {
        assert_told(&account.perform(action, list()).await, "already so", "remains so", action);
        assert_eq!(account.is_as_set(action, &list()).await, Some(true), "{action}");
    }
    assert_eq!(ada(&account.state())["status"], "unsubscribed");
}

#[tokio::test]
async fn fields_are_filled_and_one_that_the_audience_requires_costs_no_buyer() {
    let account = account().await;
    let mut strict = account.job("add_to_list", json!({"list_id": "strict"}));
    strict.contact.first_name = None;
    assert_eq!(account.run(&strict).await, Outcome::DONE);
    let settings = json!({"list_id": "demo", "phone_field": "PHONE", "address_field": "ADDRESS"});
    let mut job = account.job("add_to_list", settings);
    job.contact.phone = Some("+44 20 7946 0000".to_owned());
    let address = json!({"line1": "12 St James's Square", "city": "London", "region": "London", "postal_code": "SW1Y 4JH"});
    job.contact.address = serde_json::from_value(address).unwrap();
    assert_eq!(account.run(&job).await, Outcome::DONE);
    let state = account.state();
    let fields = &ada(&state)["merge_fields"];
    assert_eq!(
        (&fields["PHONE"], &fields["ADDRESS"]["zip"]),
        (&json!("+44 20 7946 0000"), &json!("SW1Y 4JH"))
    );
}

#[tokio::test]
async fn an_account_is_named_and_listed_whole_until_it_withdraws() {
    let account = account().await;
    account.lists(&[("audiences", 3), ("tags", 2), ("merge_fields", 15)]).await;
    let more: Vec<String> = (10..60).map(|n| format!("Tag {n}")).collect();
    account.seed(json!({"audiences": [{"id": "demo", "tags": more}]}));
    account.lists(&[("tags", 52)]).await;
    let token = json!({"access_token": "t0ken", "dc": "us6"});
    assert_eq!(account.identify_as(token.clone()).await.unwrap().account.as_deref(), Some("Sandbox"));
    account.token("t0ken", Standing::Revoked);
    assert_told(&account.identify_as(token).await.unwrap_err(), "reconnect", "or the login", "revoked");
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_key() {
    let key = json!({"api_key": "0123456789abcdef0123456789abcdef-us6"});
    let previews = previews(Mailchimp::new, "api_key", key, &["0123456789", "MDEyMzQ1"]).await;
    let add = &previews["add_tag"];
    let path = "/mailchimp/3.0/lists/7/members/3e3417d7ef77d5932a6734b916515ed5";
    assert_eq!(previewed_lines(add), [format!("POST {path}/tags")]);
    let [request] = &add.requests[..] else { panic!("{add:?}") };
    assert_eq!(request.body, Some(json!({"tags": [{"name": "7", "status": "active"}]})));
    let header =
        |name: &str| request.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    assert_eq!(header("authorization"), Some("[hidden]"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(!add.continues && add.reason.is_none());
    let token = json!({"access_token": "t0ken-t0ken", "dc": "us6"});
    let by_login = self::previews(Mailchimp::new, "oauth", token, &["t0ken"]).await;
    assert_eq!(previewed_lines(&by_login["add_tag"]), [format!("POST {path}/tags")]);
}
