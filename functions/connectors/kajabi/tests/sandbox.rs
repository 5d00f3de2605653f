//! Sequences of actions against the stand-in, which keeps state.

use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use domain::outcome::Outcome;
use kajabi::Kajabi;
use sandbox::Standing;
use serde_json::{Value, json};

const ACTIVATE: &str = "https://checkout.kajabi.com/webhooks/offers/sandbox-701/701/activate";

async fn by_api() -> Account<Kajabi> {
    Account::new(Kajabi::new, json!({"client_id": "key-1", "client_secret": "s3cret"})).await
}

fn offer(id: &str) -> Pair<'_> {
    let settings = json!({"offer_id": id, "send_welcome_email": true});
    Pair { on: "grant_offer", off: "revoke_offer", settings }
}

async fn grant(account: &Account<Kajabi>, id: &str) -> Outcome {
    account.perform("grant_offer", offer(id).settings).await
}

/// Ada's contact in the account's state.
fn ada(state: &Value) -> Value {
    let mut contacts = state["contacts"].as_array().into_iter().flatten();
    contacts.find(|contact| contact["email"] == "ada+shop@example.com").cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    let account = by_api().await;
    // The fuzzy search finds Eva, who is another person.
    let eva = json!([{"site": "502", "email": "shop@example.com", "offers": ["703"]}]);
    account.seed(json!({"contacts": eva}));
    account.comes_and_goes(&offer("703"), |state| ada(state)["offers"].clone()).await;
    let known = ada(&account.state());
    let counts = json!({"created": 1, "granted": 3, "revoked": 3, "welcome_mail": 2});
    assert_eq!((&known["site"], &known["counts"]), (&json!("502"), &counts));
    assert_eq!(grant(&account, "701").await, Outcome::DONE, "on another site");
    let state = account.state();
    assert_eq!(state["contacts"].as_array().map(Vec::len), Some(3));
    assert_eq!((&state["contacts"][0]["offers"], &state["tokens_issued"]), (&json!(["703"]), &json!(1)));
    assert_told(&grant(&account, "7").await, "rejected", "choose another offer", "gone");
}

#[tokio::test]
async fn a_token_that_is_withdrawn_is_replaced_and_a_key_that_is_withdrawn_is_not() {
    let account = by_api().await;
    assert_eq!(grant(&account, "701").await, Outcome::DONE);
    account.sandbox.reset();
    assert_eq!(grant(&account, "701").await, Outcome::DONE);
    account.token("key-1", Standing::Revoked);
    assert_told(&grant(&account, "702").await, "reconnect", "API key or its secret", "revoked");
    account.token("key-1", Standing::Valid);
    account.seed(json!({"forbidden": ["contacts"]}));
    assert_told(&grant(&account, "702").await, "reconnect", "permissions", "forbidden");
    assert_eq!(ada(&account.state())["offers"], json!(["701"]));
}

#[tokio::test]
async fn every_offer_is_listed() {
    let account = by_api().await;
    let offer = |number: usize| json!({"id": format!("8{number:03}"), "site": "501", "title": "More"});
    account.seed(json!({"offers": (0..100).map(offer).collect::<Value>()}));
    account.lists(&[("offers", 103)]).await;
}

#[tokio::test]
async fn an_activation_url_grants_and_revokes_its_own_offer() {
    let account = Account::new(Kajabi::new, json!({"activate_url": ACTIVATE})).await;
    account.comes_and_goes(&offer("701"), |state| ada(state)["offers"].clone()).await;
    assert_eq!(ada(&account.state())["counts"]["welcome_mail"], 2);
    assert_told(&grant(&account, "702").await, "rejected", "names another offer", "another");
    let guessed = json!({"activate_url": ACTIVATE.replace("sandbox-701", "guessed")});
    let account = Account::new(Kajabi::new, guessed).await;
    assert_told(&grant(&account, "701").await, "reconnect", "copy the URLs", "guessed");
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_secrets() {
    let key = json!({"client_id": "key-1", "client_secret": "s3cret-s3cret"});
    let by_api = previews(Kajabi::new, "api", key, &["s3cret"]).await;
    // The contact is not found, and created; its id is in an answer.
    let granted = previewed_lines(&by_api["grant_offer"]);
    assert_eq!(
        granted.last().map(String::as_str),
        Some("POST /kajabi/v1/contacts/{data.id of answer 5}/relationships/offers")
    );
    assert!(!granted.iter().any(|line| line.contains("token")), "{granted:?}");
    assert!(!by_api["grant_offer"].continues);

    let url = json!({"activate_url": "https://checkout.kajabi.com/webhooks/offers/s3cret_-T/7/activate"});
    let by_url = previews(Kajabi::new, "activation_urls", url, &["s3cret"]).await;
    assert_eq!(previewed_lines(&by_url["grant_offer"]), ["POST /kajabi/webhooks/offers/[hidden]/7/activate"]);
    let other = json!({"activate_url": "https://checkout.kajabi.com/webhooks/offers/s3cret_-T/8/activate"});
    let refused = &previews(Kajabi::new, "activation_urls", other, &["s3cret"]).await["grant_offer"];
    let reason = refused.reason.as_deref().unwrap_or_default();
    assert!(refused.requests.is_empty() && reason.contains("another offer"), "{refused:?}");
}
