//! Mailchimp by API key: audiences and tags.

use domain::app::App;
use domain::log::Status::{AlreadySo, Performed, Rejected};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;

/// The marketplace, whose name is also that of its audience.
const SHOP: &str = "apps-mailchimp";
const KEY: &str = "a11appsmailchimp0000000000000000-us6";

async fn member(walk: &Walk, buyer: &Buyer) -> Value {
    let state = walk.state(buyer).await;
    let audience = state["audiences"].as_array().and_then(|all| all.iter().find(|one| one["id"] == SHOP));
    audience.expect("the audience")["members"][0].clone()
}

#[tokio::test]
async fn buyers_are_put_on_audiences_tagged_and_taken_off_again() {
    let walk = Walk::begin(SHOP, Way::typed(App::MAILCHIMP, "api_key", &[("api_key", KEY)])).await;
    walk.seed(json!({ "audiences": [{ "id": SHOP, "name": "Walkers" }] })).await;
    let list = |product, list: &str| {
        Product::new(product, ["add_to_list", "remove_from_list"], json!({ "list_id": list }))
    };
    let tag = |list: &str| json!({ "list_id": list, "tag": ["Käufer & VIP"] });
    walk.sells(&[
        list("list", SHOP).giving(&json!({ "phone_field": "PHONE", "address_field": "ADDRESS" })),
        list("letter", SHOP).taking(&json!({ "mode": "unsubscribe" })),
        Product::new("tag", ["add_tag", "remove_tag"], tag(SHOP)),
        list("gone", "gone"),
        Product::new("gone_tag", ["add_tag", "remove_tag"], tag("gone")),
    ])
    .await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let stranger = Buyer::nameless(&walk.shop, 0);
    let gone = [
        ("gone", Rejected, "Choose Refresh, then edit the rule and choose another list."),
        ("gone_tag", Rejected, "The list no longer exists in Mailchimp."),
    ];

    walk.ends(Bought, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("tag", Performed, ""), gone[0], gone[1]]).await;
    walk.ends(Bought, &zoe, &[("list", Performed, ""), ("tag", Performed, "")]).await;
    let known = member(&walk, &zoe).await;
    assert_eq!((&known["email"], &known["status"]), (&json!(zoe.email), &json!("subscribed")));
    assert_eq!(known["tags"], json!(["Käufer & VIP"]));
    let fields = &known["merge_fields"];
    assert_eq!([&fields["FNAME"], &fields["LNAME"]], ["Zoë", "Øster-Łuczak von Ünal"]);
    assert_eq!([&fields["PHONE"], &fields["ADDRESS"]["addr1"]], ["+1 555 010 0142", "12 Großer Weg"]);
    assert_eq!(
        known["counts"],
        json!({ "added": 1, "updated": 1, "tag_on": 2 }),
        "each fact is performed once"
    );

    walk.ends(Bought, &mononym, &[("list", Performed, "")]).await;
    assert_eq!(member(&walk, &mononym).await["merge_fields"], json!({ "FNAME": "Пеле" }));
    walk.ends(Bought, &stranger, &[("tag", Rejected, "Add a rule with the action Add To List")]).await;

    walk.ends(Refunded, &zoe, &[("tag", Performed, ""), gone[0], gone[1]]).await;
    walk.ends(Refunded, &zoe, &[("list", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("list", AlreadySo, "is already archived")]).await;
    let known = member(&walk, &zoe).await;
    assert_eq!((&known["status"], &known["tags"]), (&json!("archived"), &json!([])));
    let nobody = [("list", AlreadySo, "not on the list"), ("tag", AlreadySo, "no tag")];
    walk.ends(Refunded, &stranger, &nobody).await;
    walk.ends(Bought, &zoe, &[("list", Performed, "subscribed again")]).await;
    walk.ends(Refunded, &zoe, &[("letter", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("letter", AlreadySo, "unsubscribed and remains so")]).await;
    assert_eq!(member(&walk, &zoe).await["status"], "unsubscribed");

    walk.waits(&Buyer::nameless(&walk.shop, 1), "list", &format!("^/3.0/lists/{SHOP}/members/")).await;
    walk.token(KEY, "revoked").await;
    let held = walk.holds(&[2, 3].map(|number| Buyer::nameless(&walk.shop, number)), "list", "API key").await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("API key"));
    walk.token(KEY, "valid").await;
    walk.continues(&held).await;
}
