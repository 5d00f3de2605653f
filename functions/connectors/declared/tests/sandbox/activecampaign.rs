//! The state that an action sets, asked from the stand-in that the definition's examples make.

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::Account;
use declared::Declared;
use domain::outcome::Outcome;
use serde_json::json;

fn activecampaign(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("activecampaign", settings)
}

#[tokio::test]
async fn a_contact_is_compared_with_the_lists_and_tags_that_actions_set() {
    let credentials = json!({"api_url": "https://bookshop.api-us1.com", "api_key": "example-key"});
    let account: Account<Declared> = Account::new(activecampaign, credentials).await;
    for (on, off, settings) in [
        ("add_contact_to_list", "remove_contact_from_list", json!({"list": "2"})),
        ("add_tags_to_contact", "remove_tags_from_contact", json!({"tag": "20"})),
    ] {
        assert_eq!(account.is_as_set(on, &settings).await, Some(false), "{on}, a stranger");
        assert_eq!(account.is_as_set(off, &settings).await, Some(true), "{off}, a stranger");
        for (action, other) in [(on, off), (off, on)] {
            let outcome = account.perform(action, settings.clone()).await;
            assert!(!matches!(outcome, Outcome::Failed(_)), "{action}: {outcome:?}");
            assert_eq!(account.is_as_set(action, &settings).await, Some(true), "{action}");
            assert_eq!(account.is_as_set(other, &settings).await, Some(false), "{other} after {action}");
        }
    }
    let order = json!({});
    assert_eq!(account.is_as_set("create_ecommerce_order", &order).await, None, "an order is no state");
}
