//! The actions one after the other, against a stand-in that remembers.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{attempt, identify, job, options};
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use kajabi::Kajabi;
use sandbox::{Sandbox, Standing};
use serde_json::{Value, json};

struct Account {
    sandbox: Sandbox,
    kajabi: Kajabi,
    credentials: Value,
}

impl Account {
    async fn new(credentials: Value) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let kajabi = Kajabi::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, kajabi, credentials }
    }

    async fn api() -> Self {
        Self::new(json!({"client_id": "key-1", "client_secret": "s3cret"})).await
    }

    async fn perform(&self, action: &str, offer: &str) -> Outcome {
        let mut job = job(App::Kajabi, action, json!({"offer_id": offer, "send_welcome_email": true}));
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        attempt(&self.kajabi, &job, self.credentials.clone(), 1).await
    }

    fn state(&self) -> Value {
        self.sandbox.state("kajabi").unwrap()
    }

    /// Ada's site, offers and counts.
    fn ada(&self) -> (Value, Value, Value) {
        let state = self.state();
        let mut contacts = state["contacts"].as_array().unwrap().iter();
        let ada = contacts.find(|contact| contact["email"] == "ada+shop@example.com");
        let ada = ada.cloned().unwrap_or_default();
        (ada["site"].clone(), ada["offers"].clone(), ada["counts"].clone())
    }
}

#[tokio::test]
async fn a_buyer_comes_goes_and_comes_back() {
    let account = Account::api().await;
    // The fuzzy search finds her, and she is somebody else.
    let eva = json!([{"site": "502", "email": "shop@example.com", "offers": ["703"]}]);
    account.sandbox.seed("kajabi", json!({"contacts": eva})).unwrap();
    assert!(matches!(account.perform("revoke_offer", "703").await, Outcome::AlreadySo { .. }));
    for action in ["grant_offer", "grant_offer", "revoke_offer", "revoke_offer", "grant_offer"] {
        assert_eq!(account.perform(action, "703").await, Outcome::DONE);
    }
    let counts = json!({"created": 1, "granted": 3, "revoked": 2, "welcome_mail": 2});
    assert_eq!(account.ada(), (json!("502"), json!(["703"]), counts));
    assert_eq!(account.perform("grant_offer", "701").await, Outcome::DONE);
    assert_eq!(account.state()["contacts"].as_array().unwrap().len(), 3);
    assert_eq!(account.state()["contacts"][0]["offers"], json!(["703"]));
    assert!(matches!(account.perform("grant_offer", "7").await, Outcome::Failed(Setback::Rejected { .. })));
    assert_eq!(account.state()["tokens_issued"], 1);
}

#[tokio::test]
async fn a_token_that_is_withdrawn_is_replaced_and_a_key_that_is_withdrawn_is_not() {
    let account = Account::api().await;
    assert_eq!(account.perform("grant_offer", "701").await, Outcome::DONE);
    account.sandbox.reset();
    assert_eq!(account.perform("grant_offer", "701").await, Outcome::DONE);
    account.sandbox.token("kajabi", "key-1", Standing::Revoked).unwrap();
    assert!(matches!(
        account.perform("grant_offer", "702").await,
        Outcome::Failed(Setback::ReconnectNeeded { .. })
    ));
    account.sandbox.token("kajabi", "key-1", Standing::Valid).unwrap();
    account.sandbox.seed("kajabi", json!({"forbidden": ["contacts"]})).unwrap();
    assert!(matches!(
        account.perform("grant_offer", "702").await,
        Outcome::Failed(Setback::ReconnectNeeded { .. })
    ));
    assert_eq!(account.ada().1, json!(["701"]));
}

#[tokio::test]
async fn the_account_is_named_and_its_offers_are_listed() {
    let account = Account::api().await;
    let offer = |number: usize| json!({"id": format!("8{number:03}"), "site": "501", "title": "More"});
    let offers: Vec<Value> = (0..100).map(offer).collect();
    account.sandbox.seed("kajabi", json!({"offers": offers})).unwrap();
    let named = identify(&account.kajabi, account.credentials.clone()).await.unwrap();
    assert_eq!(named.account.as_deref(), Some("Ada's Academy, Ada's Studio"));
    let items = options(&account.kajabi, account.credentials.clone(), "offers").await.unwrap();
    assert_eq!((items.len(), items[1].label.as_str()), (103, "Demo membership (membership_monthly)"));
}

#[tokio::test]
async fn an_activation_url_grants_and_revokes_its_own_offer() {
    let url = "https://checkout.kajabi.com/webhooks/offers/sandbox-701/701/activate";
    let account = Account::new(json!({"activate_url": url})).await;
    assert!(matches!(account.perform("revoke_offer", "701").await, Outcome::AlreadySo { .. }));
    assert_eq!(account.perform("grant_offer", "701").await, Outcome::DONE);
    assert!(matches!(account.perform("grant_offer", "701").await, Outcome::AlreadySo { .. }));
    assert_eq!(account.perform("revoke_offer", "701").await, Outcome::DONE);
    assert!(matches!(account.perform("revoke_offer", "701").await, Outcome::AlreadySo { .. }));
    assert_eq!(account.perform("grant_offer", "701").await, Outcome::DONE);
    assert_eq!((account.ada().1, account.ada().2["welcome_mail"].clone()), (json!(["701"]), json!(2)));
    assert!(matches!(account.perform("grant_offer", "702").await, Outcome::Failed(Setback::Rejected { .. })));
    let wrong = "https://checkout.kajabi.com/webhooks/offers/guessed/701/activate";
    let account = Account { credentials: json!({"activate_url": wrong}), ..account };
    assert!(matches!(
        account.perform("grant_offer", "701").await,
        Outcome::Failed(Setback::ReconnectNeeded { .. })
    ));
}
