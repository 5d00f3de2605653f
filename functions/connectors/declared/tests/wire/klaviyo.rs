//! The requests of each action, and the outcome of each of Klaviyo's answers, which follow
//! <https://developers.klaviyo.com/en/reference/api_overview> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::json;

const FIND: &str =
    "GET /profiles?filter=equals%28email%2C%22ada%40example.com%22%29&fields%5Bprofile%5D=email";

fn klaviyo(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("klaviyo", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(klaviyo, json!({"private_key": "pk_secret_key"}), "/klaviyo/api")
}

fn app() -> App {
    "klaviyo".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"list": "L1"}))
}

fn profiles(emails: &[&str]) -> Reply {
    let profile = |(number, email): (usize, &&str)| json!({"type": "profile", "id": format!("P{number}"), "attributes": {"email": email}});
    let data: Vec<_> = emails.iter().enumerate().map(profile).collect();
    Reply::json(200, json!({"data": data}))
}

fn refused(status: u16, code: &str, detail: &str) -> Reply {
    Reply::json(
        status,
        json!({"errors": [{"status": status, "code": code, "title": "No.", "detail": detail}]}),
    )
}

#[tokio::test]
async fn a_profile_is_found_or_created_and_nothing_of_a_known_one_is_changed() {
    let added = || Reply::status(204);
    let known = profiles(&["ada@example.com.br", "Ada@Example.com"]);
    let (outcome, received) = wire().perform(&act("add_to_list"), vec![known, added()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /lists/L1/relationships/profiles"]);
    assert_eq!(received[1].json(), json!({"data": [{"type": "profile", "id": "P1"}]}));
    for request in &received {
        assert_eq!(request.header("authorization"), "Klaviyo-API-Key pk_secret_key");
        assert_eq!(request.header("revision"), "2026-07-15");
    }

    let created = Reply::json(201, json!({"data": {"type": "profile", "id": "P9"}}));
    let (outcome, received) =
        wire().perform(&act("add_to_list"), vec![profiles(&[]), created, added()]).await;
    assert_eq!(outcome, Outcome::DONE);
    let attributes = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"});
    assert_eq!(received[1].json(), json!({"data": {"type": "profile", "attributes": attributes}}));
    assert_eq!(received[2].json(), json!({"data": [{"type": "profile", "id": "P9"}]}));
}

#[tokio::test]
async fn a_profile_that_appears_meanwhile_is_waited_for() {
    let duplicate =
        || refused(409, "duplicate_profile", "A profile already exists with one of these identifiers.");
    let replies = || vec![profiles(&[]), duplicate()];
    let (outcome, _) = wire().perform(&act("add_to_list"), replies()).await;
    assert_told(&outcome, "not yet", "does not return it yet", "first");
    let (outcome, _) = wire().nth(3, &act("add_to_list"), replies()).await;
    assert_told(&outcome, "rejected", "phone number", "third");
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let replies = vec![profiles(&["ada@example.com"]), Reply::status(204)];
    let (outcome, received) = wire().perform(&act("remove_from_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "DELETE /lists/L1/relationships/profiles"]);
    let (outcome, received) = wire().perform(&act("remove_from_list"), vec![profiles(&[])]).await;
    assert_told(&outcome, "already so", "unknown to Klaviyo", "unknown");
    assert_eq!(lines(&received), [FIND]);
}

#[tokio::test]
async fn a_consent_is_a_job_for_one_list() {
    for (action, path, consent) in [
        ("subscribe", "profile-subscription-bulk-create-job", "SUBSCRIBED"),
        ("unsubscribe", "profile-subscription-bulk-delete-job", "UNSUBSCRIBED"),
    ] {
        let (outcome, received) = wire().perform(&act(action), vec![Reply::status(202)]).await;
        assert_eq!(outcome, Outcome::DONE, "{action}");
        assert_eq!(lines(&received), [format!("POST /{path}s")]);
        let data = &received[0].json()["data"];
        assert_eq!(data["type"], path);
        let subscription = json!({"email": {"marketing": {"consent": consent}}});
        let profile = json!({"email": "ada@example.com", "subscriptions": subscription});
        assert_eq!(data["attributes"]["profiles"]["data"][0]["attributes"], profile);
        assert_eq!(data["relationships"]["list"]["data"], json!({"type": "list", "id": "L1"}));
    }
}

#[tokio::test]
async fn klaviyos_errors_are_told_apart() {
    let answers = [
        ("key", refused(401, "not_authenticated", "Missing or invalid private key."), "reconnect", "API key"),
        (
            "scope",
            refused(403, "permission_denied", "You do not have permission."),
            "reconnect",
            "full access",
        ),
        (
            "list",
            refused(404, "not_found", "A list with id L1 does not exist."),
            "rejected",
            "no longer exists",
        ),
        ("merged", refused(404, "not_found", "A profile with id P0 does not exist."), "not yet", "merged"),
        ("address", refused(400, "invalid", "Invalid email address."), "rejected", "e-mail address"),
        ("other", refused(400, "invalid", "Too many profiles."), "rejected", "Too many profiles."),
    ];
    wire().answers(&act("add_to_list"), &[profiles(&["ada@example.com"])], &answers).await;
    let named = Reply::status(429).header("retry-after", "12");
    wire().waits(&act("subscribe"), &[], [(named, 12), (Reply::status(429), 30)]).await;
}

#[tokio::test]
async fn an_account_is_its_organization_and_its_lists_are_read_to_the_end() {
    let attributes = json!({"contact_information": {"organization_name": "Bookshop"}});
    let account = json!({"data": [{"type": "account", "id": "AbC123", "attributes": attributes}]});
    let (identity, received) = wire().identify(vec![Reply::json(200, account)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["GET /accounts"]);

    let page = |id: &str, next: Option<&str>| {
        let data = json!([{"type": "list", "id": id, "attributes": {"name": "Buyers"}}]);
        Reply::json(200, json!({"data": data, "links": {"next": next}}))
    };
    let pages =
        vec![page("L1", Some("https://a.klaviyo.com/api/lists?page%5Bcursor%5D=c2")), page("L2", None)];
    let (lists, received) = wire().options("lists", pages).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(2));
    assert_eq!(lines(&received), ["GET /lists?fields%5Blist%5D=name", "GET /lists?page%5Bcursor%5D=c2"]);
    // An address elsewhere would receive the key.
    let elsewhere = page("L1", Some("https://example.com/api/lists"));
    let (lists, received) = wire().options("lists", vec![elsewhere]).await;
    assert!(lists.is_err());
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"data": [], "links": {"next": null}}))]).await;
}
