//! Kajabi by API key, and by the activation URL of one offer.

use domain::app::App;
use domain::log::Status;
use domain::log::Status::{AlreadySo, Performed, Rejected};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;

fn offer(product: &'static str, id: &str) -> Product {
    Product::new(product, ["grant_offer", "revoke_offer"], json!({ "offer_id": id }))
}

async fn contact(walk: &Walk, buyer: &Buyer) -> Value {
    walk.state(buyer).await["contacts"][0].clone()
}

/// Buys an offer again, and once as a buyer with one name. Returns the buyer's contact; `repeated` is the end of the second
/// purchase.
async fn is_granted(walk: &Walk, buyers: [&Buyer; 2], repeated: (Status, &str), at: [&str; 2]) -> Value {
    let [zoe, mononym] = buyers;
    let [site, offer] = at;
    walk.ends(Bought, zoe, &[("offer", repeated.0, repeated.1)]).await;
    let known = contact(walk, zoe).await;
    assert_eq!([&known["site"], &known["name"]], [site, "Zoë Øster-Łuczak von Ünal"]);
    assert_eq!((&known["email"], &known["offers"]), (&json!(zoe.email.to_lowercase()), &json!([offer])));
    assert_eq!(
        known["counts"],
        json!({ "created": 1, "granted": 2, "welcome_mail": 1 }),
        "each fact is performed once"
    );
    walk.ends(Bought, mononym, &[("offer", Performed, "")]).await;
    assert_eq!(contact(walk, mononym).await["name"], "Пеле");
    known
}

#[tokio::test]
async fn buyers_are_granted_offers_and_lose_them_again_by_api_key() {
    let (key, secret) = ("key-of-apps-kajabi", "secret-of-apps-kajabi");
    let way = Way::typed(App::KAJABI, "api", &[("client_id", key), ("client_secret", secret)]);
    let walk = Walk::begin("apps-kajabi", way).await;
    walk.seed(json!({ "offers": [{ "id": "7801", "site": "502", "title": "By key" }] })).await;
    walk.sells(&[offer("offer", "7801"), offer("gone", "7999")]).await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let gone = ("gone", Rejected, "Choose Refresh, then edit the rule and choose another offer.");

    walk.ends(Refunded, &zoe, &[("offer", AlreadySo, "not in Kajabi"), gone]).await;
    walk.ends(Bought, &zoe, &[("offer", Performed, ""), gone]).await;
    let known = is_granted(&walk, [&zoe, &mononym], (Performed, ""), ["502", "7801"]).await;

    walk.ends(Refunded, &zoe, &[("offer", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("offer", Performed, "")]).await;
    assert_eq!(contact(&walk, &zoe).await["offers"], json!([]));

    let path = format!("^/v1/contacts/{}/relationships/offers$", known["id"].as_str().expect("an id"));
    walk.waits(&zoe, "offer", &path).await;
    walk.token(key, "revoked").await;
    let buyers = [1, 2].map(|number| Buyer::nameless(&walk.shop, number));
    let held = walk.holds(&buyers, "offer", "Kajabi rejected the API key or its secret").await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("Settings > Public API"));
    walk.token(key, "valid").await;
    walk.continues(&held).await;
}

fn url(token: &str) -> Way {
    let url = format!("https://checkout.kajabi.com/webhooks/offers/{token}/7811/activate");
    Way::typed(App::KAJABI, "activation_urls", &[("activate_url", &url)])
}

#[tokio::test]
async fn buyers_are_granted_an_offer_and_lose_it_again_by_its_activation_url() {
    let own = |token: &str| json!({ "offers": [{ "id": "7811", "site": "501", "title": "By URL", "webhook_token": token }] });
    let mut walk = Walk::begin("apps-kajabi-url", url("first")).await;
    walk.seed(own("first")).await;
    walk.sells(&[offer("offer", "7811"), offer("other", "7801")]).await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let other = ("other", Rejected, "Edit the rule and choose that offer");

    walk.ends(Refunded, &zoe, &[("offer", AlreadySo, "does not have the offer"), other]).await;
    walk.ends(Bought, &zoe, &[("offer", Performed, ""), other]).await;
    is_granted(&walk, [&zoe, &mononym], (AlreadySo, "has the offer"), ["501", "7811"]).await;

    walk.ends(Refunded, &zoe, &[("offer", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("offer", AlreadySo, "does not have the offer")]).await;
    assert_eq!(contact(&walk, &zoe).await["offers"], json!([]));

    walk.waits(&zoe, "offer", "^/webhooks/offers/first/7811/").await;
    // The merchant has Kajabi create new URLs: the old URLs are rejected.
    walk.seed(own("second")).await;
    let buyers = [1, 2].map(|number| Buyer::nameless(&walk.shop, number));
    let held = walk.holds(&buyers, "offer", "copy the URLs and connect again").await;
    walk.way = url("second");
    walk.continues(&held).await;
}
