//! Kit with a secret of its older API, with a key of its newer API, and by logging in: tags and purchases.

use domain::app::App;
use domain::log::Status::{AlreadySo, Performed, Rejected};
use domain::options::{OptionItem, Pulled};
use domain::trigger::Trigger;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{End, Product, Walk};
use super::way::Way;
use crate::stack::{Sample, Shop, now};

/// The differences between the connection methods.
struct Kind {
    shop: &'static str,
    way: Way,
    /// The credential that can be revoked; `None` if the login can be revoked.
    token: Option<&'static str>,
    purchase: End<'static>,
    /// The outcome of adding a tag again, if Kit reports it.
    again: End<'static>,
    /// The path that adds a tag, around its id.
    path: [&'static str; 2],
    refused: &'static str,
}

const RECORDED: End<'static> = ("purchase", Performed, "");
const V4: [&str; 2] = ["^/v4/tags/", "/subscribers$"];
const KNOWN: End<'static> = ("", AlreadySo, "already has the tag");

#[tokio::test]
async fn buyers_are_tagged_and_purchases_recorded_with_a_secret_of_v3() {
    let token = "secret-of-apps-kit-v3";
    let v3 = Kind {
        shop: "apps-kit-v3",
        way: Way::typed(App::KIT, "v3", &[("api_secret", token)]),
        token: Some(token),
        purchase: RECORDED,
        again: ("", Performed, ""),
        path: ["^/v3/tags/", "/subscribe$"],
        refused: "Kit rejected the API Secret",
    };
    Box::pin(walk(v3)).await;
}

#[tokio::test]
async fn buyers_are_tagged_and_purchases_recorded_by_logging_in() {
    let login = Kind {
        shop: "apps-kit-login",
        way: Way::login(App::KIT, &[]),
        token: None,
        purchase: RECORDED,
        again: KNOWN,
        path: V4,
        refused: "Kit no longer authorizes us.",
    };
    Box::pin(walk(login)).await;
}

#[tokio::test]
async fn buyers_are_tagged_with_a_key_of_v4_and_purchases_explained() {
    let token = "kit_key-of-apps-kit-v4";
    let key = Kind {
        shop: "apps-kit-v4",
        way: Way::typed(App::KIT, "v4_key", &[("api_key", token)]),
        token: Some(token),
        purchase: ("purchase", Rejected, "Connect the account with your Kit login"),
        again: KNOWN,
        path: V4,
        refused: "Kit rejected the V4 API Key",
    };
    Box::pin(walk(key)).await;
}

async fn walk(kind: Kind) {
    let Kind { shop, way, token, purchase, again: (_, again, words), path, refused } = kind;
    let walk = Walk::begin(shop, way).await;
    let [typed, chosen] = ["Käufer & VIP", "Chosen"].map(|name| format!("{name} of {shop}"));
    walk.seed(json!({ "tags": [chosen] })).await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let state = walk.state(&zoe).await;
    let seeded = state["tags"].as_array().and_then(|tags| tags.iter().find(|tag| tag["name"] == chosen));
    let id = seeded.expect("a tag")["id"].to_string();
    // Values in the list were chosen from it.
    let listed = [(id.as_str(), chosen.as_str()), ("999999", "Gone")];
    let items = listed.map(|(value, label)| OptionItem::new(value, label)).to_vec();
    let pulled = Pulled { list: "tags".to_owned(), items, at: now(), truncated: false };
    let account = Shop::account(App::KIT);
    walk.shop.engine.store.save_options(&walk.shop.id, &account, &pulled).await.expect("saved");
    let tag = |product, tag: &str| Product::new(product, ["add_tag", "remove_tag"], json!({ "tag": [tag] }));
    walk.sells(&[
        tag("typed", &typed),
        tag("chosen", &id),
        tag("gone", "999999"),
        Product::for_good("purchase", "add_purchase", json!({})),
    ])
    .await;

    let gone = ("gone", Rejected, "Choose Refresh, then edit the rule and choose another tag.");
    let all = [("typed", Performed, ""), ("chosen", Performed, ""), gone, purchase];
    walk.ends(Bought, &zoe, &all).await;
    let tags = [typed, chosen];
    walk.ends(Bought, &zoe, &[("typed", again, words), ("chosen", again, words), purchase]).await;
    walk.ends(Bought, &mononym, &[("typed", Performed, "")]).await;
    let state = walk.state(&zoe).await;
    let known = &state["subscribers"][0];
    assert_eq!((&known["email"], &known["first_name"]), (&json!(zoe.email), &json!("Zoë")));
    assert_eq!(sorted(&known["tags"]), sorted(&json!(tags)));
    assert_eq!(
        (&known["counts"]["added"], &known["counts"]["tag_on"]),
        (&json!(1), &json!(4)),
        "each fact is performed once"
    );
    let purchases = state["purchases"].as_array().expect("purchases");
    assert_eq!(purchases.len(), if purchase.1 == Performed { 2 } else { 0 });
    for recorded in purchases {
        assert_eq!((&recorded["recorded"], &recorded["purchase"]["total"]), (&json!(1), &json!(49.0)));
    }
    assert_eq!(walk.state(&mononym).await["subscribers"][0]["first_name"], "Пеле");

    let off = [("typed", Performed, ""), ("chosen", Performed, "")];
    walk.ends(Refunded, &zoe, &[off[0], off[1], ("gone", AlreadySo, "nothing to remove")]).await;
    walk.ends(Refunded, &zoe, &off).await;
    let known = walk.state(&zoe).await["subscribers"][0].clone();
    assert_eq!((&known["tags"], &known["state"]), (&json!([]), &json!("active")));
    let stranger = Buyer::nameless(&walk.shop, 0);
    walk.ends(Refunded, &stranger, &[("typed", AlreadySo, "nothing to remove")]).await;

    walk.waits(&Buyer::nameless(&walk.shop, 1), "chosen", &path.join(&id)).await;
    match token {
        Some(token) => walk.token(token, "revoked").await,
        None => walk.consent("revoke").await,
    }
    let held = walk.holds(&[2, 3].map(|number| Buyer::nameless(&walk.shop, number)), "chosen", refused).await;
    if let Some(token) = token {
        assert!(walk.way.is_refused(&walk.shop).await.contains(refused));
        walk.token(token, "valid").await;
    }
    walk.continues(&held).await;
}

#[tokio::test]
async fn every_recurring_charge_is_a_purchase_of_its_own() {
    let walk =
        Walk::begin("apps-kit-charges", Way::typed(App::KIT, "v3", &[("api_secret", "of-charges")])).await;
    let record = json!({ "action": "add_purchase" });
    walk.shop.rule("charged", Trigger::SubscriptionCharged, App::KIT, record).await;
    let buyer = Buyer::zoe(&walk.shop);
    let charge = |number: usize| {
        let sample =
            Sample::read("subscription-charged.rebill").id(&format!("apps-kit-charge-{number}")).now();
        sample.with("/charge_id", format!("apps-kit-{number}")).with("/customer", buyer.customer())
    };
    let first = charge(1);
    for id in walk.shop.publish([first.clone(), first, charge(2)]).await {
        assert_eq!(walk.shop.ended(id, 1).await[0].status, Performed);
    }
    let purchases = walk.state(&buyer).await["purchases"].as_array().cloned().expect("purchases");
    let told: Vec<_> =
        purchases.iter().map(|one| (&one["purchase"]["transaction_id"], &one["recorded"])).collect();
    let once = json!(1);
    assert_eq!(told, [(&json!("charge:apps-kit-1"), &once), (&json!("charge:apps-kit-2"), &once)]);
}

fn sorted(texts: &Value) -> Vec<&str> {
    let mut texts: Vec<_> = texts.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    texts.sort_unstable();
    texts
}
