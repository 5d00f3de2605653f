//! Refresh: the option lists of an account, and values of rules that no longer exist.

use domain::app::App;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::{Product, Walk};
use super::way::Way;
use crate::stack::{Engine, Portal, Shop, Stacks, until};

/// An option list, and the expected number of its entries in the stand-in's state.
type List = (&'static str, fn(&Value) -> usize);

fn count(list: &Value) -> usize {
    list.as_array().map(Vec::len).or_else(|| list.as_object().map(serde_json::Map::len)).unwrap_or_default()
}

/// The entries of every audience.
fn of_each(state: &Value, list: &str) -> usize {
    state["audiences"].as_array().into_iter().flatten().map(|audience| count(&audience[list])).sum()
}

/// Connects an account and refreshes it.
async fn pulls(shop: &str, way: Way, lists: &[List]) {
    let walk = Walk::begin(shop, way).await;
    let label = walk.app().label();
    let path = format!("/_state/{}", walk.app());
    // Other tests add to the stand-in's state, so the counts must be from a moment without a change.
    let (said, state) = until("a refresh during which no other test changed the state", async || {
        let before = walk.shop.engine.sandbox_get(&path).await;
        let said = walk.shop.engine(&["refresh", label]).await;
        let after = walk.shop.engine.sandbox_get(&path).await;
        let counts = |state: &Value| lists.iter().map(|(_, count)| count(state)).collect::<Vec<_>>();
        (counts(&before) == counts(&after)).then_some((said, after))
    })
    .await;
    assert!(said.starts_with(&format!("Refreshed `{label}`")), "{said}");
    let rows: Vec<Vec<&str>> = said.lines().skip(1).map(|row| row.split_whitespace().collect()).collect();
    let counted: Vec<_> = lists.iter().map(|(list, count)| (*list, count(&state).to_string())).collect();
    let expected: Vec<_> = counted.iter().map(|(list, count)| vec![*list, count.as_str()]).collect();
    assert_eq!(rows, expected, "{said}");
    if !lists.is_empty() {
        let offered = walk.shop.engine(&["options", label]).await.lines().skip(1).count();
        assert_eq!(offered, lists.iter().map(|(_, count)| count(&state)).sum::<usize>());
    }
}

#[tokio::test]
async fn mailchimp_offers_audiences_tags_and_fields() {
    let way = Way::typed(App::MAILCHIMP, "api_key", &[("api_key", "refresh0000000000000000000000000-us6")]);
    let lists: [List; 3] = [
        ("audiences", |state| count(&state["audiences"])),
        ("tags", |state| of_each(state, "tags")),
        ("merge_fields", |state| of_each(state, "merge_fields")),
    ];
    pulls("refresh-mailchimp", way, &lists).await;
}

#[tokio::test]
async fn kit_offers_tags_and_forms_in_both_generations() {
    let lists: [List; 2] =
        [("tags", |state| count(&state["tags"])), ("forms", |state| count(&state["forms"]))];
    pulls("refresh-kit-v3", Way::typed(App::KIT, "v3", &[("api_secret", "secret-of-refresh")]), &lists).await;
    pulls("refresh-kit-v4", Way::typed(App::KIT, "v4_key", &[("api_key", "kit_refresh")]), &lists).await;
}

#[tokio::test]
async fn highlevel_offers_the_tags_of_its_location() {
    let demo = |state: &Value| {
        let demo = state["locations"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "demo"));
        demo.map_or(0, |demo| count(&demo["tags"]))
    };
    pulls("refresh-highlevel", Way::login(App::HIGHLEVEL, &[]), &[("tags", demo)]).await;
}

fn circle() -> Way {
    let set = [("api_token", "token-of-refresh"), ("community_url", "https://sandbox.circle.so")];
    Way::typed(App::CIRCLE, "api_token", &set)
}

#[tokio::test]
async fn circle_offers_spaces_groups_events_and_tags() {
    let lists: [List; 4] = [
        ("spaces", |state| count(&state["spaces"])),
        ("space_groups", |state| count(&state["space_groups"])),
        ("events", |state| count(&state["events"])),
        ("member_tags", |state| count(&state["member_tags"])),
    ];
    pulls("refresh-circle", circle(), &lists).await;
}

/// On a stack on which no other test requests Circle's lists.
#[tokio::test]
async fn a_list_that_the_app_does_not_answer_is_named_and_the_others_are_pulled() {
    let shop = Shop::open_on(Engine::operated().await, "refresh-one-fails").await;
    circle().connect(&shop).await;
    let down = json!({ "app": "circle", "path": "^/api/admin/v2/events$", "status": 500 });
    shop.engine.sandbox_post("/_faults", &down).await;
    let said = shop.engine(&["refresh", "Circle"]).await;
    let rows: Vec<_> = said.lines().filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(rows, ["Refreshed", "spaces", "space_groups", "member_tags", "Could"], "{said}");
    assert!(said.contains("Could not refresh events: Circle"), "{said}");
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let path = format!("/v1/integrations/{}/refresh", Shop::account(App::CIRCLE));
    let answer = portal.post(&path, &Value::Null).await.expect(200);
    assert_eq!(
        (&answer["failed"][0]["list"], answer["lists"].as_array().map(Vec::len)),
        (&json!("events"), Some(3))
    );
}

#[tokio::test]
async fn kajabi_offers_what_its_key_may_grant() {
    let way = Way::typed(App::KAJABI, "api", &[("client_id", "key-of-refresh"), ("client_secret", "s3cret")]);
    pulls("refresh-kajabi", way, &[("offers", |state| count(&state["offers"]))]).await;
}

#[tokio::test]
async fn thinkific_offers_courses_and_bundles() {
    let way =
        Way::typed(App::THINKIFIC, "api_key", &[("api_key", "key-of-refresh"), ("subdomain", "my-school")]);
    let lists: [List; 2] =
        [("courses", |state| count(&state["courses"])), ("bundles", |state| count(&state["bundles"]))];
    pulls("refresh-thinkific", way, &lists).await;
}

/// The activation URL of one offer.
fn offer(id: &str) -> Way {
    let url = format!("https://checkout.kajabi.com/webhooks/offers/sandbox-{id}/{id}/activate");
    Way::typed(App::KAJABI, "activation_urls", &[("activate_url", &url)])
}

#[tokio::test]
async fn an_offer_that_a_rule_names_and_another_url_does_not_have_is_told() {
    let mut walk = Walk::begin("refresh-other-offer", offer("701")).await;
    let settings = json!({ "offer_id": "701" });
    walk.sells(&[Product::new("offer", ["grant_offer", "revoke_offer"], settings)]).await;
    let said = walk.shop.engine(&["refresh", "Kajabi"]).await;
    assert!(!said.contains("is gone"), "{said}");
    walk.way = offer("702");
    walk.way.connect(&walk.shop).await;
    let said = walk.shop.engine(&["refresh", "Kajabi"]).await;
    for rule in ["bought", "refunded"] {
        let gone = format!(
            "Offer ID `Offer 701` no longer exists, but rule rul_{rule}_offer uses it: edit the rule."
        );
        assert!(said.contains(&gone), "{said}");
    }
}

#[tokio::test]
async fn a_tag_that_a_rule_names_and_its_app_does_not_have_any_more_is_told() {
    let key = [("api_key", "missing0000000000000000000000000-us6")];
    let walk = Walk::begin("refresh-gone-tag", Way::typed(App::MAILCHIMP, "api_key", &key)).await;
    walk.seed(json!({ "audiences": [{ "id": "refresh-gone-tag", "tags": ["Of refresh only"] }] })).await;
    let settings = json!({ "list_id": "refresh-gone-tag", "tag": ["Of refresh only", "Typed by hand"] });
    walk.sells(&[Product::for_good("tag", "add_tag", settings)]).await;
    let said = walk.shop.engine(&["refresh", "Mailchimp"]).await;
    assert!(!said.contains("is gone"), "{said}");
    // The stand-in deletes nothing, so a fault returns one response as if it had.
    let none = json!({
        "app": "mailchimp", "path": "^/3.0/lists/refresh-gone-tag/tag-search$", "status": 200, "count": 1,
        "body": { "tags": [], "total_items": 0 },
    });
    walk.shop.engine.sandbox_post("/_faults", &none).await;
    let said = walk.shop.engine(&["refresh", "Mailchimp"]).await;
    assert!(
        said.contains(
            "Tags `Of refresh only` no longer exists, but rule rul_bought_tag uses it: edit the rule."
        ),
        "{said}"
    );
    assert!(!said.contains("Typed by hand"), "a value that was never in the list is not reported: {said}");
}

#[tokio::test]
async fn a_refresh_that_the_app_refuses_holds_the_account_and_one_that_it_answers_releases_it() {
    let token = "kit_key-of-refresh-again";
    let walk = Walk::begin("refresh-again", Way::typed(App::KIT, "v4_key", &[("api_key", token)])).await;
    walk.sells(&[Product::for_good("tag", "add_tag", json!({ "tag": ["Customer"] }))]).await;
    walk.token(token, "revoked").await;
    let attention = walk.shop.listen("Integration Needs Attention").await;
    let said = walk.shop.engine_refuses(&["refresh", "Kit"]).await;
    assert!(said.contains("Kit rejected the V4 API Key") && said.contains("connect again"), "{said}");
    let held = walk.holds(&[Buyer::nameless(&walk.shop, 1)], "tag", "Kit rejected the V4 API Key").await;
    let told = until("the operator's notification", async || {
        Some(walk.shop.heard(&attention).await).filter(|told| !told.is_empty())
    });
    assert_eq!(told.await.len(), 1);
    walk.token(token, "valid").await;
    let said = walk.shop.engine(&["refresh", "Kit"]).await;
    assert!(said.starts_with("Refreshed `Kit` (Sandbox)."), "{said}");
    walk.released(&held).await;
}

#[tokio::test]
async fn a_test_that_the_app_answers_connects_a_refused_account_and_releases_what_was_held() {
    let token = "kit_key-of-tested-again";
    let walk = Walk::begin("tested-again", Way::typed(App::KIT, "v4_key", &[("api_key", token)])).await;
    walk.sells(&[Product::for_good("tag", "add_tag", json!({ "tag": ["Customer"] }))]).await;
    walk.token(token, "revoked").await;
    let held = walk.holds(&[Buyer::nameless(&walk.shop, 1)], "tag", "Kit rejected the V4 API Key").await;
    walk.token(token, "valid").await;
    let portal = Portal::open(&walk.shop.engine, walk.shop.id.as_str(), "write").await;
    let path = format!("/v1/integrations/{}/test", Shop::account(App::KIT));
    portal.post(&path, &Value::Null).await.expect(200);
    walk.released(&held).await;
}
