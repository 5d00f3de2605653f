//! A deployment with some of the apps: the others cannot be connected, and a rule that is left of one does nothing.

use domain::app::App;
use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Caller, Engine, Portal, Sample, Shop, Stacks, until};

#[tokio::test]
async fn an_app_that_is_not_deployed_cannot_be_connected_and_its_rules_do_not_stop_others() {
    let shop = Shop::open_on(Engine::small().await, "small").await;
    let engine = &shop.engine;
    let deployed = ["mailchimp", "webhook"];
    assert_eq!(engine.outputs.queues.keys().collect::<Vec<_>>(), deployed);
    let apps = |page: Value| -> Vec<String> {
        let apps = page["items"].as_array().expect("apps").iter();
        apps.map(|one| one["app"].as_str().expect("an app").to_owned()).collect()
    };
    let portal = Portal::open(engine, "small", "write").await;
    assert_eq!(apps(portal.get("/v1/apps").await.expect(200)), deployed);
    let fleet = engine.call(Caller::Operator, "GET", "/operator/apps", None).await.expect(200);
    assert_eq!(apps(fleet), deployed);

    let wish = json!({ "app": "kit", "label": "Ours", "credentials": { "api_secret": "kit-secret" } });
    let refused = portal.post("/v1/integrations", &wish).await.expect(409);
    let why = "Kit is not deployed: the operator adds `kit` to the stack's parameter Apps.";
    assert_eq!(refused["detail"], why);

    // Its accounts and rules stay when an app is removed from the deployment.
    shop.connect(App::KIT, &json!({ "api_secret": "kit-secret" })).await;
    assert_eq!(apps(portal.get("/v1/apps").await.expect(200)).len(), 3);
    let tag = json!({ "action": "add_tag", "settings": { "tag": ["Left"] } });
    shop.rule("left", Trigger::ProductPurchased, App::KIT, tag).await;
    let send = json!({ "action": "send_notify_url_post", "settings": {} });
    shop.rule("sent", Trigger::ProductPurchased, App::WEBHOOK, send).await;
    let order = Sample::read("order-completed.one-item").id("small").email("small@example.com").now();
    let id = shop.invoke(Trigger::ProductPurchased, order).await;
    let job = until("the webhook's action", async || shop.event(id).await.1.pop()).await;
    assert_eq!(job.app, App::WEBHOOK);
    let explained = portal.get(&format!("/v1/events/{id}")).await.expect(200);
    assert!(explained.to_string().contains("Kit is not deployed"), "{explained}");
}
