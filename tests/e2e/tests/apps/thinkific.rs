//! Thinkific by API key: courses and bundles.

use domain::app::App;
use domain::log::Status::{AlreadySo, Performed, Rejected};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::{Bought, Refunded};
use super::walk::{Product, Walk};
use super::way::Way;

const KEY: &str = "key-of-apps-thinkific";

/// The buyer's open and ended courses.
async fn courses(walk: &Walk, buyer: &Buyer) -> [Vec<Value>; 2] {
    let user = walk.state(buyer).await["users"][0].clone();
    let all = user["enrollments"].as_array().cloned().unwrap_or_default();
    let (ended, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one["expired"] == true);
    [open, ended].map(|list| list.into_iter().map(|one| one["course_id"].clone()).collect())
}

#[tokio::test]
async fn buyers_are_enrolled_in_courses_and_bundles_and_taken_out_again() {
    let way = Way::typed(App::THINKIFIC, "api_key", &[("api_key", KEY), ("subdomain", "my-school")]);
    let walk = Walk::begin("apps-thinkific", way).await;
    let courses_of_ours = [2201, 2202, 2203].map(|id| json!({ "id": id, "name": format!("Course {id}") }));
    let bundle = json!({ "id": 3201, "name": "Bundle", "course_ids": [2202, 2203] });
    walk.seed(json!({ "courses": courses_of_ours, "bundles": [bundle] })).await;
    let course = |product, id| {
        Product::new(product, ["enroll_in_course", "unenroll_from_course"], json!({ "course_id": id }))
    };
    let bundle = |product, id| {
        Product::new(product, ["enroll_in_bundle", "unenroll_from_bundle"], json!({ "bundle_id": id }))
    };
    walk.sells(&[
        course("course", "2201"),
        bundle("bundle", "3201"),
        course("gone", "2999"),
        bundle("gone_bundle", "3999"),
    ])
    .await;
    let (zoe, mononym) = (Buyer::zoe(&walk.shop), Buyer::mononym(&walk.shop));
    let nobody = "has no account in Thinkific";

    walk.ends(Refunded, &zoe, &[("course", AlreadySo, nobody), ("bundle", AlreadySo, nobody)]).await;
    walk.ends(Bought, &zoe, &[("course", Performed, "created an account")]).await;
    let gone = [
        ("gone", Rejected, "Choose Refresh, then edit the rule and choose another course."),
        ("gone_bundle", Rejected, "Choose Refresh, then edit the rule and choose another bundle."),
    ];
    walk.ends(Bought, &zoe, &[("bundle", Performed, ""), gone[0], gone[1]]).await;
    let full = [
        ("course", AlreadySo, "full access to the course"),
        ("bundle", AlreadySo, "full access to the bundle"),
    ];
    walk.ends(Bought, &zoe, &full).await;
    let known = walk.state(&zoe).await["users"][0].clone();
    assert_eq!([&known["first_name"], &known["last_name"]], ["Zoë", "Øster-Łuczak von Ünal"]);
    assert_eq!(
        (&known["email"], &known["counts"]),
        (&json!(zoe.email), &json!({ "created": 1, "welcomed": 1 }))
    );
    assert_eq!(courses(&walk, &zoe).await, [vec![json!(2201), json!(2202), json!(2203)], vec![]]);
    walk.ends(Bought, &mononym, &[("course", Performed, "created an account")]).await;
    let pele = walk.state(&mononym).await["users"][0].clone();
    assert_eq!([&pele["first_name"], &pele["last_name"]], ["Пеле", "-"]);

    walk.ends(Refunded, &zoe, &[("course", Performed, ""), ("bundle", Performed, ""), gone[1]]).await;
    assert_eq!(courses(&walk, &zoe).await, [vec![], vec![json!(2201), json!(2202), json!(2203)]]);
    walk.ends(Refunded, &zoe, &[("course", AlreadySo, "has ended"), ("bundle", AlreadySo, "has ended")])
        .await;
    walk.ends(Bought, &zoe, &[("course", Performed, "had ended"), ("bundle", Performed, "had ended")]).await;
    assert_eq!(courses(&walk, &zoe).await[1], Vec::<Value>::new());

    walk.waits(&mononym, "bundle", "^/api/public/v1/bundles/3201/enrollments$").await;
    walk.token(KEY, "revoked").await;
    let buyers = [1, 2].map(|number| Buyer::nameless(&walk.shop, number));
    let held = walk.holds(&buyers, "course", "Thinkific rejected the API key and subdomain").await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("API key and subdomain"));
    walk.token(KEY, "valid").await;
    walk.continues(&held).await;
}
