//! Circle: members, and what they can be in.

use domain::app::App;
use domain::log::Status::{AlreadySo, Performed, Rejected};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{End, Product, Walk};
use super::way::Way;

const SHOP: &str = "apps-circle";
const TOKEN: &str = "token-of-apps-circle";

/// A kind of target: product, actions, setting, an existing target, a deleted target, and the log's message if there is
/// nothing to remove.
struct Thing {
    product: &'static str,
    gone: &'static str,
    actions: [&'static str; 2],
    key: &'static str,
    id: &'static str,
    noun: &'static str,
    off: &'static str,
}

const THINGS: [Thing; 4] = [
    Thing {
        product: "space",
        gone: "gone_space",
        actions: ["add_member_to_space", "remove_member_from_space"],
        key: "space_id",
        id: "801",
        noun: "space",
        off: "not in the space.",
    },
    Thing {
        product: "group",
        gone: "gone_group",
        actions: ["add_member_to_space_group", "remove_member_from_space_group"],
        key: "space_group_id",
        id: "802",
        noun: "space group",
        off: "not in the space group.",
    },
    Thing {
        product: "event",
        gone: "gone_event",
        actions: ["rsvp_member_for_events", "un_rsvp_member_for_events"],
        key: "event_id",
        id: "803",
        noun: "event",
        off: "not on the event's list.",
    },
    Thing {
        product: "tag",
        gone: "gone_tag",
        actions: ["add_member_tag", "remove_member_tag"],
        key: "tag",
        id: "804",
        noun: "tag",
        off: "does not have the tag.",
    },
];

/// The buyer's spaces, groups, events and tags.
async fn within(walk: &Walk, buyer: &Buyer) -> Value {
    let member = walk.state(buyer).await["members"][0].clone();
    json!([member["spaces"], member["space_groups"], member["events"], member["member_tags"]])
}

#[tokio::test]
async fn buyers_are_invited_let_into_everything_and_taken_out_again() {
    let address = [("api_token", TOKEN), ("community_url", "https://sandbox.circle.so/c/welcome")];
    let walk = Walk::begin(SHOP, Way::typed(App::CIRCLE, "api_token", &address)).await;
    let own = |id: u64| json!([{ "id": id, "name": SHOP }]);
    walk.seed(
        json!({ "spaces": own(801), "space_groups": own(802), "events": own(803), "member_tags": own(804) }),
    )
    .await;
    // A name that is not in the list was typed.
    walk.shop.engine(&["refresh", walk.app().label()]).await;
    let typed = json!({ "tag": ["Käufer & VIP of apps-circle"] });
    walk.sells(&[
        Product::new("member", ["invite_member", "remove_member"], json!({})),
        Product::new("typed", ["add_member_tag", "remove_member_tag"], typed),
    ])
    .await;
    for Thing { product, gone, actions: [add, remove], key, id, .. } in THINGS {
        let never = Product::new(gone, [add, remove], json!({ key: ["999"] }));
        let chosen = Product::new(product, [add, remove], json!({ key: [id] }));
        let products = if key == "tag" { vec![chosen] } else { vec![chosen, never] };
        walk.sells(&products).await;
    }
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let stranger = Buyer::nameless(&walk.shop, 0);
    let each = |status, words: fn(&Thing) -> &'static str| -> Vec<End<'static>> {
        THINGS.iter().map(|thing| (thing.product, status, words(thing))).collect()
    };
    let another: Vec<String> = THINGS.iter().map(|thing| format!("choose another {}.", thing.noun)).collect();
    let gone = THINGS.iter().zip(&another).filter(|(thing, _)| thing.key != "tag");
    let gone: Vec<End<'_>> = gone.map(|(thing, words)| (thing.gone, Rejected, words.as_str())).collect();

    walk.ends(Bought, &stranger, &each(Rejected, |_| "Invite Member")).await;
    walk.ends(Refunded, &stranger, &each(AlreadySo, |thing| thing.off)).await;
    walk.ends(Refunded, &stranger, &[("member", AlreadySo, "not a member of the community")]).await;

    walk.ends(Bought, &zoe, &[("member", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("member", AlreadySo, "already a member of the community")]).await;
    walk.ends(Bought, &zoe, &[each(Performed, |_| ""), gone.clone()].concat()).await;
    for job in walk.led_to(Bought, &zoe, &THINGS.map(|thing| thing.product)).await {
        assert!(job.status.took_effect(), "{job:?}");
    }
    assert_eq!(within(&walk, &zoe).await, json!([[801], [802], [803], [804]]));
    let known = walk.state(&zoe).await["members"][0].clone();
    assert_eq!((&known["email"], &known["name"]), (&json!(zoe.email), &json!("Zoë Øster-Łuczak von Ünal")));
    assert_eq!(known["counts"]["space_on"], 2, "each fact is performed once: {known}");
    walk.ends(Bought, &mononym, &[("member", Performed, "")]).await;
    assert_eq!(walk.state(&mononym).await["members"][0]["name"], "Пеле");
    walk.ends(Bought, &mononym, &[("typed", Performed, "")]).await;
    walk.ends(Refunded, &mononym, &[("typed", Performed, "")]).await;

    walk.ends(Refunded, &zoe, &[each(Performed, |_| ""), gone].concat()).await;
    walk.ends(Refunded, &zoe, &each(AlreadySo, |thing| thing.off)).await;
    assert_eq!(within(&walk, &zoe).await, json!([[], [], [], []]));

    walk.waits(&zoe, "space", "^/api/admin/v2/space_members$").await;
    walk.token(TOKEN, "revoked").await;
    let held = walk
        .holds(
            &[1, 2].map(|number| Buyer::nameless(&walk.shop, number)),
            "member",
            "create a token of the type Admin V2",
        )
        .await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("Admin V2"));
    walk.token(TOKEN, "valid").await;
    walk.continues(&held).await;

    walk.ends(Refunded, &zoe, &[("member", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("member", AlreadySo, "not a member of the community")]).await;
    assert_eq!(walk.state(&zoe).await["members"][0]["deactivated"], true);
}
