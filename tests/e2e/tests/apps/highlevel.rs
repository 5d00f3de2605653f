//! HighLevel, which is connected only by logging in: contacts of a location and their tags.

use domain::app::App;
use domain::log::Status::{AlreadySo, Performed};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;

const SHOP: &str = "apps-highlevel";

async fn contacts(walk: &Walk, buyer: &Buyer) -> Vec<Value> {
    let state = walk.state(buyer).await;
    let demo = state["locations"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "demo"));
    demo.and_then(|demo| demo["contacts"].as_array().cloned()).expect("contacts")
}

#[tokio::test]
async fn buyers_become_contacts_are_tagged_and_lose_their_tags() {
    let walk = Walk::begin(SHOP, Way::login(App::HIGHLEVEL, &[])).await;
    let tag = json!({ "tag": ["Käufer & Co"] });
    walk.sells(&[
        Product::for_good("contact", "create_contact", json!({})),
        Product::new("tag", ["add_tags", "remove_tags"], tag),
    ])
    .await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));

    walk.ends(Refunded, &zoe, &[("tag", AlreadySo, "no such contact")]).await;
    walk.ends(Bought, &zoe, &[("contact", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("contact", AlreadySo, "were not changed"), ("tag", Performed, "")]).await;
    walk.ends(Bought, &zoe, &[("tag", AlreadySo, "The contact already has the tag.")]).await;
    let [known] = contacts(&walk, &zoe).await.try_into().expect("one contact");
    assert_eq!(known["email"], zoe.email);
    assert_eq!([&known["firstName"], &known["lastName"]], ["Zoë", "Øster-Łuczak von Ünal"]);
    assert_eq!(
        [&known["phone"], &known["address1"], &known["country"]],
        ["+1 555 010 0142", "12 Großer Weg", "CH"]
    );
    assert_eq!(known["tags"], json!(["käufer & co"]));
    assert_eq!(
        (&known["counts"]["created"], &known["counts"]["tag_on"]),
        (&json!(1), &json!(1)),
        "each fact is performed once"
    );

    walk.ends(Bought, &mononym, &[("tag", Performed, "")]).await;
    let [pele] = contacts(&walk, &mononym).await.try_into().expect("one contact");
    assert_eq!(
        (&pele["firstName"], &pele["lastName"], &pele["phone"]),
        (&json!("Пеле"), &Value::Null, &Value::Null)
    );

    walk.ends(Refunded, &zoe, &[("tag", Performed, "")]).await;
    walk.ends(Refunded, &zoe, &[("tag", Performed, "")]).await;
    assert_eq!(contacts(&walk, &zoe).await[0]["tags"], json!([]));

    let id = known["id"].as_str().expect("an id");
    walk.waits(&zoe, "tag", &format!("^/contacts/{id}/tags$")).await;
    walk.consent("revoke").await;
    let buyers = [1, 2].map(|number| Buyer::nameless(&walk.shop, number));
    let held = walk.holds(&buyers, "contact", "HighLevel no longer authorizes us.").await;
    walk.continues(&held).await;
}
