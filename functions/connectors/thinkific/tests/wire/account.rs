//! Credentials, option lists, the manifest.

use connector::http::HttpSettings;
use connector::testing::{Reply, Stub, attempt, identify, job, options};
use domain::app::App;
use domain::manifest::Catalog;
use domain::options::{MOST, OptionItem};
use domain::trigger::Trigger;
use serde_json::{Value, json};
use thinkific::Thinkific;

use super::{assert_told, enroll, error, items, key, lines, nobody, page, perform, perform_with, unenroll};

#[tokio::test]
async fn a_token_goes_alone_and_before_a_key() {
    let credentials = json!({"access_token": "5a16505d", "subdomain": "my-school", "api_key": "old"});
    let (outcome, received) = perform_with(credentials, &unenroll(), vec![nobody()]).await;
    assert_told(&outcome, "already so", "no account", "token");
    assert_eq!(received[0].header("authorization"), "Bearer 5a16505d");
    assert_eq!(received[0].header("x-auth-api-key"), "");
    assert_eq!(received[0].header("x-auth-subdomain"), "");
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let nowhere = Thinkific::new(&HttpSettings::default()).unwrap();
    let with = |action: &str, settings: Value| job(App::Thinkific, action, settings);
    for (job, credentials, kind, words) in [
        (with("enroll_in_course", json!({})), key(), "rejected", "`course_id`"),
        (with("enroll_in_course", json!({"course_id": "Bread"})), key(), "rejected", "`Bread` is not the ID"),
        (with("unenroll_from_bundle", json!({"bundle_id": "-1"})), key(), "rejected", "`-1` is not the ID"),
        (with("delete_user", json!({})), key(), "rejected", "no action `delete_user`"),
        (enroll(), json!({"subdomain": "my-school"}), "reconnect", "`api_key`"),
        (enroll(), json!({"api_key": "k"}), "reconnect", "`subdomain`"),
        (enroll(), json!({"api_key": "a\nb", "subdomain": "my-school"}), "reconnect", "cannot be sent"),
    ] {
        let outcome = attempt(&nowhere, &job, credentials, 1).await;
        assert_told(&outcome, kind, words, words);
    }
}

#[tokio::test]
async fn the_connection_test_is_one_call_that_changes_nothing() {
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    for credentials in [key(), token] {
        let stub = Stub::start([items(json!([]))]).await.unwrap();
        let thinkific = Thinkific::new(&stub.settings()).unwrap();
        let identity = identify(&thinkific, credentials).await.unwrap();
        assert_eq!(identity.account.as_deref(), Some("my-school.thinkific.com"));
        assert_eq!(lines(&stub.received()), ["GET /courses?page=1&limit=1"]);
    }
    let stub = Stub::start([error(401, "Authentication Error")]).await.unwrap();
    let refused = identify(&Thinkific::new(&stub.settings()).unwrap(), key()).await.unwrap_err();
    assert_told(&refused, "reconnect", "of the same site", "refused");
    let stub = Stub::start([error(404, "Record not found.")]).await.unwrap();
    let refused = identify(&Thinkific::new(&stub.settings()).unwrap(), key()).await.unwrap_err();
    assert_told(&refused, "rejected", "by hand in Thinkific", "no rule is spoken of while connecting");
}

#[tokio::test]
async fn option_lists_are_pulled_page_by_page() {
    let pull = async |list: &str, replies: Vec<Reply>| {
        let stub = Stub::start(replies).await.unwrap();
        let pulled = options(&Thinkific::new(&stub.settings()).unwrap(), key(), list).await;
        (pulled, lines(&stub.received()))
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

    // Neither a page without an end nor a site without one is read for ever.
    let (pulled, sent) = pull("courses", vec![page(json!([course(41, "Bread")]), Some(1))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (1, 1));
    let many = (0..=MOST as u64).map(|id| course(id, "Bread")).collect::<Value>();
    let (pulled, sent) = pull("courses", vec![page(many, Some(2)), page(json!([]), Some(3))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (MOST + 1, 1));

    let (refused, _) = pull("courses", vec![Reply::status(521)]).await;
    assert_told(&refused.unwrap_err(), "retry", "521", "fault");
    let (refused, sent) = pull("tags", vec![]).await;
    assert_told(&refused.unwrap_err(), "rejected", "no option list `tags`", "unknown");
    assert!(sent.is_empty());
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let manifest = Catalog::built_in().manifest(App::Thinkific).unwrap();
    for action in &manifest.actions {
        let settings = json!({"course_id": "41", "bundle_id": "90"});
        let (outcome, received) = perform(&job(App::Thinkific, &action.key, settings), vec![]).await;
        assert!(!received.is_empty(), "{}: {outcome:?}", action.key);
    }
    for list in &manifest.option_lists {
        let stub = Stub::start([nobody()]).await.unwrap();
        assert!(options(&Thinkific::new(&stub.settings()).unwrap(), key(), &list.key).await.is_ok());
    }
    // Neither has bought anything.
    for trigger in [Trigger::ProspectCreated, Trigger::CheckoutFailed] {
        assert!(!manifest.triggers.contains(&trigger), "{trigger}");
    }
}
