//! Webhook: messages for lines and orders, and the receiver's responses.

use domain::app::App;
use domain::log::Status::{Performed, Rejected};
use domain::trigger::Trigger;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;
use crate::stack::{Engine, Opens, SIGNING_SECRET, Shop, Stacks};

const SHOP: &str = "apps-webhook";

/// The messages that the receiver got, without connection tests.
async fn told(walk: &Walk) -> Vec<Value> {
    let mut told: Vec<_> = walk.shop.deliveries().await.iter().map(|one| one["body"].clone()).collect();
    told.retain(|body| body["type"] != "test");
    told
}

/// A receiver with this name.
async fn receiver(name: &str) -> Way {
    let url = format!("{}/webhook/{name}", Engine::shared().await.outputs.sandbox_url);
    Way::typed(App::WEBHOOK, "address", &[("url", &url), ("signing_secret", SIGNING_SECRET)])
}

#[tokio::test]
async fn a_receiver_is_told_every_line_and_every_order_once() {
    let mut walk = Walk::begin(SHOP, receiver(SHOP).await).await;
    let deliveries = walk.shop.deliveries().await;
    assert_eq!(
        (deliveries.len(), &deliveries[0]["body"]["type"]),
        (1, &json!("test")),
        "the connection test"
    );
    let post = |product| Product::new(product, ["send_notify_url_post", "send_notify_url_post"], json!({}));
    walk.sells(&[post("one"), post("two")]).await;
    let (zoe, path) = (Buyer::zoe(&walk.shop), format!("^/{SHOP}$"));

    walk.ends(Bought, &zoe, &[("one", Performed, ""), ("two", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("one", Performed, "")]).await;
    let bodies = told(&walk).await;
    let mut lines: Vec<_> = bodies
        .iter()
        .map(|body| format!("{} {}", body["type"], body["data"]["item"]["product_id"]))
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [r#""product_purchased" "one""#, r#""product_purchased" "two""#, r#""product_refunded" "one""#]
    );
    for body in &bodies {
        assert_eq!(body["data"]["customer"], zoe.customer(), "{body}");
    }

    let scope = json!({ "kind": "products", "products": ["starter-kit"] });
    let orders = json!({ "action": "send_notify_url_post_for_orders", "scope": scope });
    walk.shop.rule("orders", Trigger::OrderCompleted, App::WEBHOOK, orders).await;
    let mononym = Buyer::mononym(&walk.shop);
    let order = crate::stack::Sample::read("order-completed.every-role").id("apps-webhook-order").now();
    let id = walk.shop.publish([order.with("/customer", mononym.customer())]).await[0];
    assert_eq!(walk.shop.ended(id, 1).await[0].status, Performed);
    let order = told(&walk).await.pop().expect("a delivery");
    assert_eq!(
        (&order["type"], order["data"]["items"].as_array().map(Vec::len)),
        (&json!("order_completed"), Some(4))
    );

    for (status, words) in [(410, "accepts no more"), (404, "404"), (302, "redirect")] {
        let answer = json!({ "app": "webhook", "path": path, "status": status, "count": 1 });
        walk.shop.engine.sandbox_post("/_faults", &answer).await;
        walk.ends(Bought, &zoe, &[("one", Rejected, words)]).await;
    }
    walk.waits(&zoe, "one", &path).await;
    let unknown = json!({ "app": "webhook", "path": path, "status": 401 });
    walk.shop.engine.sandbox_post("/_faults", &unknown).await;
    let held = walk.holds(&[zoe, mononym], "one", "signing secret").await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("signing secret"));
    walk.way = receiver("apps-webhook-moved").await;
    walk.continues(&held).await;
}

#[tokio::test]
async fn a_receiver_that_is_down_is_connected_untested_and_told_once_it_is_up() {
    let name = "apps-webhook-down";
    let shop = Shop::bare(name).await;
    let down = json!({ "app": "webhook", "path": format!("^/{name}$"), "status": 503, "count": 1 });
    shop.engine.sandbox_post("/_faults", &down).await;
    let way = receiver(name).await;
    let said = way.connect(&shop).await;
    assert!(said.contains("the connection was not tested:") && said.contains("503"), "{said}");
    let walk = Walk::of(shop, way);
    walk.sells(&[Product::for_good("one", "send_notify_url_post", json!({}))]).await;
    walk.ends(Bought, &Buyer::nameless(&walk.shop, 1), &[("one", Performed, "")]).await;
    assert_eq!(told(&walk).await.len(), 1);
}
