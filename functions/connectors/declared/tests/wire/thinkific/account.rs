//! Credentials, option lists, the manifest.

use connector::testing::{Reply, assert_told, job, lines};
use domain::app::App;
use domain::manifest::Catalog;
use domain::options::{MOST, OptionItem};
use domain::trigger::Trigger;
use serde_json::{Value, json};

use super::{enroll, error, items, key, nobody, page, unenroll, wire};

#[tokio::test]
async fn a_token_goes_alone_and_before_a_key() {
    let credentials = json!({"access_token": "5a16505d", "subdomain": "my-school", "api_key": "old"});
    let (outcome, received) = wire(credentials).perform(&unenroll(), vec![nobody()]).await;
    assert_told(&outcome, "already so", "no account", "token");
    assert_eq!(received[0].header("authorization"), "Bearer 5a16505d");
    assert_eq!(received[0].header("x-auth-api-key"), "");
    assert_eq!(received[0].header("x-auth-subdomain"), "");
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let with = |action: &str, settings: Value| job(App::THINKIFIC, action, settings);
    let course = |settings: Value| with("enroll_in_course", settings);
    let bundle = with("unenroll_from_bundle", json!({"bundle_id": "-1"}));
    let broken = json!({"api_key": "a\nb", "subdomain": "my-school"});
    wire(key())
        .unsent([
            (course(json!({})), key(), "rejected", "`course_id`"),
            (course(json!({"course_id": "Bread"})), key(), "rejected", "`Bread` is not the ID"),
            (bundle, key(), "rejected", "`-1` is not the ID"),
            (enroll(), json!({"subdomain": "my-school"}), "reconnect", "`api_key`"),
            (enroll(), json!({"api_key": "k"}), "reconnect", "`subdomain`"),
            (enroll(), broken, "reconnect", "cannot be sent"),
        ])
        .await;
}

#[tokio::test]
async fn the_connection_test_is_one_call_that_changes_nothing() {
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    for credentials in [key(), token] {
        let (identity, received) = wire(credentials).identify(vec![items(json!([]))]).await;
        assert_eq!(identity.unwrap().account.as_deref(), Some("my-school.thinkific.com"));
        assert_eq!(lines(&received), ["GET /courses?page=1&limit=1"]);
    }
    for (reply, kind, words) in [
        (error(401, "Authentication Error"), "reconnect", "of the same site"),
        (error(404, "Record not found."), "rejected", "by hand in Thinkific"),
    ] {
        let (refused, _) = wire(key()).identify(vec![reply]).await;
        assert_told(&refused.unwrap_err(), kind, words, words);
    }
}

#[tokio::test]
async fn option_lists_are_pulled_page_by_page() {
    let pull = async |list: &str, replies: Vec<Reply>| {
        let (pulled, received) = wire(key()).options(list, replies).await;
        (pulled, lines(&received))
    };
    let course = |id: u64, name: &str| json!({"id": id, "name": name, "product_id": id + 1000});
    let pages = vec![page(json!([course(41, "Bread")]), Some(2)), items(json!([course(42, "Käse & Co")]))];
    let (pulled, sent) = pull("courses", pages).await;
    assert_eq!(pulled.unwrap(), [OptionItem::new("41", "Bread"), OptionItem::new("42", "Käse & Co")]);
    assert_eq!(sent, ["GET /courses?page=1&limit=250", "GET /courses?page=2&limit=250"]);

    let product = |id: u64, kind: &str, of: u64| json!({"id": id, "name": kind, "productable_type": kind, "productable_id": of});
    let products = json!([product(1, "Course", 41), product(2, "Bundle", 90), {"id": 3, "name": "Odd"}]);
    let (pulled, sent) = pull("bundles", vec![items(products)]).await;
    assert_eq!(pulled.unwrap(), [OptionItem::new("90", "Bundle")]);
    assert_eq!(sent, ["GET /products?page=1&limit=250"]);

    // Requests stop at a page that names itself and at the number of entries that are stored.
    let (pulled, sent) = pull("courses", vec![page(json!([course(41, "Bread")]), Some(1))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (1, 1));
    let many = (0..=MOST as u64).map(|id| course(id, "Bread")).collect::<Value>();
    let (pulled, sent) = pull("courses", vec![page(many, Some(2)), page(json!([]), Some(3))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (MOST + 1, 1));

    let (refused, _) = pull("courses", vec![Reply::status(521)]).await;
    assert_told(&refused.unwrap_err(), "retry", "521", "fault");
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let job = |action: &str| job(App::THINKIFIC, action, json!({"course_id": "41", "bundle_id": "90"}));
    wire(key()).keeps_the_manifest(job, &[nobody()]).await;
    let manifest = Catalog::get().manifest(App::THINKIFIC).unwrap();
    // Neither trigger has a purchase.
    for trigger in [Trigger::ProspectCreated, Trigger::CheckoutFailed] {
        assert!(!manifest.triggers.contains(&trigger), "{trigger}");
    }
}
