//! Deleting an account while an action waits for it.

use domain::app::App;
use domain::log::Status;
use serde_json::json;

use super::buyer::Buyer;
use super::walk::{Product, Walk, told};
use super::way::Way;

#[tokio::test]
async fn what_was_held_for_an_account_that_is_let_go_ends_with_the_reason() {
    let token = "kit_key-of-letting-go";
    let walk = Walk::begin("letting-go", Way::typed(App::KIT, "v4_key", &[("api_key", token)])).await;
    walk.sells(&[Product::for_good("tag", "add_tag", json!({ "tag": ["Customer"] }))]).await;
    walk.token(token, "revoked").await;
    let buyers = [1, 2].map(|number| Buyer::nameless(&walk.shop, number));
    let held = walk.holds(&buyers, "tag", "Kit rejected").await;
    let said = walk.shop.engine_refuses(&["disconnect", "Kit"]).await;
    assert!(said.contains("there is no terminal; give --yes"), "{said}");
    let said = walk.shop.engine(&["disconnect", "Kit", "--yes"]).await;
    assert!(said.contains("Rule rul_bought_tag is disabled."), "{said}");
    for id in held {
        let look = async || walk.shop.event(id).await.1.into_iter().find(|job| job.status.is_final());
        let job = walk.shop.swept("the end of a held action", look).await;
        assert_eq!(job.status, Status::Rejected, "{job:?}");
        assert!(
            told(&job).contains("The integration was deleted. Delete the rule, or choose another"),
            "{job:?}"
        );
    }
    let said = walk.shop.engine(&["integrations"]).await;
    assert!(!said.contains("Kit"), "{said}");
    walk.token(token, "valid").await;
    let said = walk.way.connect(&walk.shop).await;
    assert!(said.starts_with("Connected Kit") && !said.contains("held"), "{said}");
}
