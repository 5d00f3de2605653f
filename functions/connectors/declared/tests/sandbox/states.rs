//! The states that actions set, asked from the stand-ins that the definitions' examples make.

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::Account;
use declared::Declared;
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn activecampaign(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("activecampaign", settings)
}

fn drip(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("drip", settings)
}

/// An action, its opposite and their settings.
type Pair = (&'static str, &'static str, Value);

async fn are_compared(account: &Account<Declared>, pairs: [Pair; 2]) {
    for (on, off, settings) in pairs {
        assert_eq!(account.is_as_set(on, &settings).await, Some(false), "{on}, a stranger");
        assert_eq!(account.is_as_set(off, &settings).await, Some(true), "{off}, a stranger");
        for (action, other) in [(on, off), (off, on)] {
            let outcome = account.perform(action, settings.clone()).await;
            assert!(!matches!(outcome, Outcome::Failed(_)), "{action}: {outcome:?}");
            // Asking changes nothing, so it can be repeated.
            for _ in 0..2 {
                assert_eq!(account.is_as_set(action, &settings).await, Some(true), "{action}");
                assert_eq!(account.is_as_set(other, &settings).await, Some(false), "{other} after {action}");
            }
        }
    }
}

#[tokio::test]
async fn a_contact_of_activecampaign_is_compared_with_the_lists_and_tags_that_actions_set() {
    let credentials = json!({"api_url": "https://bookshop.api-us1.com", "api_key": "example-key"});
    let account: Account<Declared> = Account::new(activecampaign, credentials).await;
    let pairs = [
        ("add_contact_to_list", "remove_contact_from_list", json!({"list": "2"})),
        ("add_tags_to_contact", "remove_tags_from_contact", json!({"tag": "20"})),
    ];
    are_compared(&account, pairs).await;
    let order = json!({});
    assert_eq!(account.is_as_set("create_ecommerce_order", &order).await, None, "an order is no state");
}

#[tokio::test]
async fn a_person_of_drip_is_compared_with_the_tags_and_series_that_actions_set() {
    let credentials = json!({"account_id": "9999999", "api_token": "example-token"});
    let account: Account<Declared> = Account::new(drip, credentials).await;
    let pairs = [
        ("apply_tag", "remove_tag", json!({"tag": "Customer"})),
        ("subscribe_to_campaign", "remove_from_campaign", json!({"campaign": "123456"})),
    ];
    are_compared(&account, pairs).await;
}
