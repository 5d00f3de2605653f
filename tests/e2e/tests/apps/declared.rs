//! Apps that are data, without special cases of their own: each is connected, and grants and revokes.

use domain::log::Status::{AlreadySo, Performed};
use domain::manifest::Catalog;
use serde_json::json;

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;

/// An account of the app with this key, in a marketplace of its own.
async fn walk(app: &str, method: &'static str, credentials: &[(&str, &str)]) -> Walk {
    connected(Way::typed(app.parse().expect("an app"), method, credentials)).await
}

async fn connected(way: Way) -> Walk {
    let walk = Walk::begin(&format!("apps-{}", way.app), way).await;
    // A value that is not in a list was typed.
    if !Catalog::get().manifest(walk.app()).expect("a manifest").option_lists.is_empty() {
        walk.shop.engine(&["refresh", walk.app().label()]).await;
    }
    walk
}

#[tokio::test]
async fn activecampaign_tags_buyers_and_removes_the_tags() {
    let credentials =
        [("api_url", "https://bookshop.api-us1.com"), ("api_key", "key-of-apps-activecampaign")];
    let walk = walk("activecampaign", "api_key", &credentials).await;
    let tags = ["add_tags_to_contact", "remove_tags_from_contact"];
    let lists = ["add_contact_to_list", "remove_contact_from_list"];
    walk.sells(&[
        Product::new("tag", tags, json!({ "tag": ["20"] })),
        Product::new("list", lists, json!({ "list": ["2"] })),
        Product::for_good("order", "create_ecommerce_order", json!({})),
    ])
    .await;
    let zoe = Buyer::zoe(&walk.shop);
    let bought = [("tag", Performed, ""), ("list", Performed, ""), ("order", Performed, "")];
    walk.ends(Bought, &zoe, &bought).await;
    walk.ends(Bought, &zoe, &[("list", AlreadySo, "on the list")]).await;
    walk.ends(Refunded, &zoe, &[("tag", Performed, ""), ("list", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("tag", AlreadySo, "does not have the tag"), ("list", AlreadySo, "not on")])
        .await;
    walk.ends(Refunded, &Buyer::mononym(&walk.shop), &[("tag", AlreadySo, "unknown to ActiveCampaign")])
        .await;
}

#[tokio::test]
async fn aweber_subscribes_buyers_after_a_login_and_ends_the_subscription() {
    let walk = connected(Way::login("aweber".parse().expect("an app"), &[])).await;
    walk.sells(&[
        Product::new("list", ["add_to_list", "remove_from_list"], json!({ "list": ["456"] })),
        Product::new("tag", ["add_tag", "remove_tag"], json!({ "list": "457", "tag": "customer" })),
    ])
    .await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("list", AlreadySo, "not on"), ("tag", AlreadySo, "does not have")]).await;
    walk.ends(Bought, &zoe, &[("list", Performed, ""), ("tag", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("list", AlreadySo, "on the list"), ("tag", AlreadySo, "has the tag")]).await;
    walk.ends(Refunded, &zoe, &[("list", Performed, ""), ("tag", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("list", Performed, "")]).await;
}

#[tokio::test]
async fn drip_tags_and_subscribes_buyers_and_records_their_orders() {
    let credentials = [("account_id", "9999999"), ("api_token", "token-of-apps-drip")];
    let walk = walk("drip", "api_token", &credentials).await;
    let series = ["subscribe_to_campaign", "remove_from_campaign"];
    walk.sells(&[
        Product::new("tag", ["apply_tag", "remove_tag"], json!({ "tag": ["Customer"] })),
        Product::new("series", series, json!({ "campaign": ["123456"] })),
        Product::for_good("order", "record_order", json!({})),
    ])
    .await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("tag", AlreadySo, "unknown to Drip"), ("series", AlreadySo, "unknown")])
        .await;
    let bought = [("tag", Performed, ""), ("series", Performed, ""), ("order", Performed, "")];
    walk.ends(Bought, &zoe, &bought).await;
    walk.ends(Bought, &zoe, &[("series", AlreadySo, "subscribed to the series")]).await;
    walk.ends(Refunded, &zoe, &[("tag", Performed, ""), ("series", Performed, "")]).await;
    walk.ends(
        Refunded,
        &zoe,
        &[("tag", AlreadySo, "does not have the tag"), ("series", AlreadySo, "not sub")],
    )
    .await;
}

#[tokio::test]
async fn getresponse_adds_buyers_to_lists_and_removes_them() {
    let walk = walk("getresponse", "api_key", &[("api_key", "key-of-apps-getresponse")]).await;
    let list = Product::new("list", ["add_to_list", "remove_from_list"], json!({ "list": ["V3J"] }));
    walk.sells(&[list.giving(&json!({ "cycle": "0" }))]).await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("list", AlreadySo, "not on the list")]).await;
    walk.ends(Bought, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("list", AlreadySo, "on the list")]).await;
    walk.ends(Refunded, &zoe, &[("list", Performed, "")]).await;
}

#[tokio::test]
async fn mailerlite_adds_buyers_to_groups_and_removes_them() {
    let walk = walk("mailerlite", "api_token", &[("api_token", "token-of-apps-mailerlite")]).await;
    let actions = ["add_to_group", "remove_from_group"];
    walk.sells(&[Product::new("group", actions, json!({ "group": ["111"] }))]).await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("group", AlreadySo, "unknown to MailerLite")]).await;
    walk.ends(Bought, &zoe, &[("group", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("group", AlreadySo, "in the group")]).await;
    walk.ends(Refunded, &zoe, &[("group", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("group", AlreadySo, "not in the group")]).await;
}

#[tokio::test]
async fn intercom_tags_buyers_and_removes_the_tags() {
    let credentials = [("access_token", "token-of-apps-intercom"), ("api_url", "https://api.intercom.io")];
    let walk = walk("intercom", "access_token", &credentials).await;
    walk.sells(&[Product::new("tag", ["apply_tag", "remove_tag"], json!({ "tag": ["102"] }))]).await;
    let mononym = Buyer::mononym(&walk.shop);
    walk.ends(Refunded, &mononym, &[("tag", AlreadySo, "unknown to Intercom")]).await;
    walk.ends(Bought, &mononym, &[("tag", Performed, "")]).await;
    walk.ends(Refunded, &mononym, &[("tag", Performed, "")]).await;
    walk.ends(Refunded, &mononym, &[("tag", AlreadySo, "does not have the tag")]).await;
}

#[tokio::test]
async fn klaviyo_subscribes_buyers_and_ends_the_subscription() {
    let walk = walk("klaviyo", "private_key", &[("private_key", "pk_of_apps_klaviyo")]).await;
    walk.sells(&[Product::new("list", ["subscribe", "unsubscribe"], json!({ "list": ["L1"] }))]).await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Bought, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("list", Performed, "")]).await;
}

#[tokio::test]
async fn slack_posts_a_message_for_an_item() {
    let walk = walk("slack", "bot_token", &[("bot_token", "xoxb-of-apps-slack")]).await;
    let message = json!({ "channel": "C1", "text": "A sale!" });
    walk.sells(&[Product::for_good("item", "send_message", message)]).await;
    walk.ends(Bought, &Buyer::nameless(&walk.shop, 1), &[("item", Performed, "")]).await;
}

#[tokio::test]
async fn facebook_counts_a_purchase() {
    let credentials = [("dataset_id", "1234567890"), ("access_token", "token-of-apps-facebook")];
    let walk = walk("facebook", "access_token", &credentials).await;
    walk.sells(&[Product::for_good("item", "send_purchase", json!({}))]).await;
    walk.ends(Bought, &Buyer::zoe(&walk.shop), &[("item", Performed, "")]).await;
}

#[tokio::test]
async fn memberpress_grants_a_membership_and_ends_it() {
    let credentials = [("site", "https://members.example.com"), ("api_key", "key-of-apps-memberpress")];
    let walk = walk("memberpress", "api_key", &credentials).await;
    let grants = ["grant_membership", "revoke_membership"];
    walk.sells(&[Product::new("membership", grants, json!({ "membership": "7" }))]).await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("membership", AlreadySo, "unknown to the site")]).await;
    walk.ends(Bought, &zoe, &[("membership", Performed, "created a user")]).await;
    walk.ends(Bought, &zoe, &[("membership", AlreadySo, "without an end")]).await;
    walk.ends(Refunded, &zoe, &[("membership", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("membership", AlreadySo, "does not have the membership")]).await;
}

#[tokio::test]
async fn constant_contact_adds_buyers_to_a_list_and_removes_them() {
    let walk = connected(Way::login("constantcontact".parse().expect("an app"), &[])).await;
    let lists = ["add_contact_to_list", "remove_contact_from_list"];
    walk.sells(&[Product::new("list", lists, json!({ "list": ["l1"] }))]).await;
    let mononym = Buyer::mononym(&walk.shop);
    walk.ends(Refunded, &mononym, &[("list", AlreadySo, "unknown to Constant Contact")]).await;
    walk.ends(Bought, &mononym, &[("list", Performed, "")]).await;
    walk.ends(Bought, &mononym, &[("list", AlreadySo, "on the list")]).await;
    walk.ends(Refunded, &mononym, &[("list", Performed, "")]).await;
    walk.ends(Refunded, &mononym, &[("list", AlreadySo, "not on the list")]).await;
    walk.ends(Bought, &mononym, &[("list", Performed, "")]).await;
}

#[tokio::test]
async fn keap_tags_buyers_and_removes_the_tags() {
    let walk = walk("keap", "api_key", &[("api_key", "KeapAK-of-apps-keap")]).await;
    walk.sells(&[Product::new("tag", ["apply_tag", "remove_tag"], json!({ "tag": ["102"] }))]).await;
    let mut zoe = Buyer::zoe(&walk.shop);
    // The stand-in has one address for all contacts.
    zoe.email = "ada+shop@example.com".to_owned();
    walk.ends(Refunded, &zoe, &[("tag", AlreadySo, "unknown to Keap")]).await;
    walk.ends(Bought, &zoe, &[("tag", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("tag", AlreadySo, "has the tag")]).await;
    walk.ends(Refunded, &zoe, &[("tag", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("tag", AlreadySo, "does not have the tag")]).await;
}

#[tokio::test]
async fn hubspot_adds_buyers_to_a_list_and_removes_them() {
    let walk = walk("hubspot", "service_key", &[("service_key", "key-of-apps-hubspot")]).await;
    let lists = ["add_to_list", "remove_from_list"];
    walk.sells(&[Product::new("list", lists, json!({ "list": ["7"] }))]).await;
    let zoe = Buyer::zoe(&walk.shop);
    walk.ends(Refunded, &zoe, &[("list", AlreadySo, "unknown to HubSpot")]).await;
    walk.ends(Bought, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("list", AlreadySo, "on the list")]).await;
    walk.ends(Refunded, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("list", AlreadySo, "not on the list")]).await;
}
