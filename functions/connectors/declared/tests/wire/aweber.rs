//! The requests of each action, and the outcome of each of AWeber's answers, which follow the vendor's OpenAPI file
//! <https://api.aweber.com/swagger.yaml> and <https://api.aweber.com/#tag/Troubleshooting> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Stub, Wire, assert_told, granted, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Map, Value, json};

const FIND: &str = "GET /accounts/123/lists/456/subscribers?ws.op=find&email=ada%40example.com";
const PATCH: &str = "PATCH /accounts/123/lists/456/subscribers/789";

fn aweber(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("aweber", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(aweber, json!({"access_token": "secret-token", "account_id": "123"}), "/aweber/1.0")
}

fn app() -> App {
    "aweber".parse().expect("an app")
}

fn act(action: &str) -> Job {
    match action {
        "add_tag" | "remove_tag" => job(app(), action, json!({"list": "456", "tag": "Rye"})),
        _ => job(app(), action, json!({"list": "456"})),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
fn found(entries: Value) -> Reply {
    Reply::json(200, json!({"entries": entries, "start": 0}))
}

/// A subscriber with a similar address, and Ada.
fn ada(status: &str, ended_by: Option<&str>, tags: &[&str]) -> Reply {
    let other = json!({"id": 7, "email": "ada@example.com.br", "status": "subscribed", "tags": ["rye"]});
    found(json!([other, {
        "id": 789, "email": "Ada@example.com", "status": status, "unsubscribe_method": ended_by, "tags": tags,
    }]))
}

fn updated() -> Reply {
    Reply::json(209, json!({"id": 789, "email": "ada@example.com"}))
}

fn refused(status: u16, kind: &str, message: &str) -> Reply {
    let link = "https://api.aweber.com/#tag/Troubleshooting";
    let error = json!({"status": status, "type": kind, "message": message, "documentation_url": link});
    Reply::json(status, json!({"error": error}))
}

#[tokio::test]
async fn an_unknown_contact_is_added_with_their_name() {
    let (outcome, received) =
        wire().perform(&act("add_to_list"), vec![found(json!([])), Reply::status(201)]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /accounts/123/lists/456/subscribers"]);
    assert_eq!(received[1].json(), json!({"email": "ada@example.com", "name": "Ada Lovelace"}));
    assert!(received.iter().all(|request| request.header("authorization") == "Bearer secret-token"));
    let known = refused(400, "WebServiceError", "email: Subscriber already subscribed.");
    let (outcome, _) = wire().perform(&act("add_to_list"), vec![found(json!([])), known]).await;
    assert_told(&outcome, "already so", "on the list", "race");
}

#[tokio::test]
async fn a_subscription_depends_on_who_ended_the_last_one() {
    let add = act("add_to_list");
    for ended_by in ["api: unsubscribe", "api: move", "customer cp"] {
        let replies = vec![ada("unsubscribed", Some(ended_by), &[]), updated()];
        let (outcome, received) = wire().perform(&add, replies).await;
        assert_eq!(outcome, Outcome::DONE, "{ended_by}");
        assert_eq!(lines(&received), [FIND, PATCH]);
        assert_eq!(received[1].json(), json!({"status": "subscribed"}));
    }
    for (status, ended_by, kind, words) in [
        ("subscribed", None, "already so", "on the list"),
        ("unconfirmed", None, "already so", "once they confirm"),
        ("unsubscribed", Some("unsubscribe link"), "rejected", "unsubscribed from this list"),
        ("unsubscribed", Some("undeliverable"), "rejected", "undeliverable"),
        // A method that is not documented may be the contact's own.
        ("unsubscribed", None, "rejected", "unsubscribed from this list"),
    ] {
        let (outcome, received) = wire().perform(&add, vec![ada(status, ended_by, &[])]).await;
        assert_told(&outcome, kind, words, status);
        assert_eq!(received.len(), 1, "{status} {ended_by:?}");
    }
}

#[tokio::test]
async fn removing_keeps_the_subscriber_and_ends_where_nothing_is_left_to_remove() {
    let remove = act("remove_from_list");
    let (outcome, received) = wire().perform(&remove, vec![ada("subscribed", None, &[]), updated()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, PATCH]);
    assert_eq!(received[1].json(), json!({"status": "unsubscribed"}));
    for reply in [found(json!([])), ada("unsubscribed", Some("unsubscribe link"), &[])] {
        let (outcome, received) = wire().perform(&remove, vec![reply]).await;
        assert_told(&outcome, "already so", "not on the list", "removed");
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn tags_are_added_and_removed_one_by_one() {
    for (action, tags, change) in [
        ("add_tag", &["slow"][..], json!({"add": ["Rye"]})),
        ("remove_tag", &["rye"], json!({"remove": ["Rye"]})),
    ] {
        let replies = vec![ada("subscribed", None, tags), updated()];
        let (outcome, received) = wire().perform(&act(action), replies).await;
        assert_eq!(outcome, Outcome::DONE, "{action}");
        assert_eq!(lines(&received), [FIND, PATCH]);
        assert_eq!(received[1].json(), json!({"tags": change}));
    }
    for (action, reply, kind, words) in [
        ("add_tag", ada("subscribed", None, &["rye"]), "already so", "has the tag"),
        ("add_tag", found(json!([])), "not yet", "not on the list"),
        ("remove_tag", ada("subscribed", None, &["slow"]), "already so", "does not have the tag"),
        ("remove_tag", found(json!([])), "already so", "not on the list"),
    ] {
        let (outcome, received) = wire().perform(&act(action), vec![reply]).await;
        assert_told(&outcome, kind, words, action);
        assert_eq!(received.len(), 1, "{action}");
    }
}

#[tokio::test]
async fn awebers_errors_are_told_apart() {
    let token =
        json!({"error": "invalid_token", "error_description": "The access token is invalid or has expired"});
    let answers = [
        ("token", Reply::json(401, token), "reconnect", "revoked"),
        ("account", refused(401, "UnauthorizedError", "Invalid Account"), "reconnect", "Connect again"),
        (
            "plan",
            refused(403, "ForbiddenError", "Subscriber limit has been reached"),
            "rejected",
            "Upgrade the plan",
        ),
        ("hold", refused(403, "ForbiddenError", "Account Temporarily Suspended"), "reconnect", "on hold"),
        (
            "robot",
            refused(403, "ForbiddenError", "Email address cannot be accepted at this time."),
            "rejected",
            "e-mail address",
        ),
        ("rights", refused(403, "ForbiddenError", "Application not authorized"), "reconnect", "allow access"),
        (
            "list",
            refused(404, "NotFoundError", "List with given id not found"),
            "rejected",
            "list no longer exists",
        ),
        ("locked", refused(409, "ConflictError", "The account is locked"), "retry", ""),
        (
            "address",
            refused(400, "WebServiceError", "email: Invalid email address."),
            "rejected",
            "e-mail address",
        ),
        ("blocked", refused(410, "BlockedError", "Blocked Error"), "rejected", "Blocked Error"),
    ];
    wire().answers(&act("add_to_list"), &[found(json!([]))], &answers).await;
    let deleted =
        [("deleted", refused(404, "NotFoundError", "Object: None, name: '789'"), "not yet", "deleted")];
    wire().answers(&act("remove_from_list"), &[ada("subscribed", None, &[])], &deleted).await;
    let limited = refused(403, "ForbiddenError", "Rate Limit Error");
    wire().waits(&act("add_tag"), &[], [(limited, 60), (Reply::status(429), 60)]).await;
}

#[tokio::test]
async fn a_login_is_for_an_account_and_its_lists_are_read_to_the_end() {
    let account = json!({"id": 123, "company": "Bookshop"});
    let (identity, received) = wire().identify(vec![Reply::json(200, account.clone())]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["GET /accounts/123"]);

    let stub =
        Stub::start([Reply::json(200, json!({"entries": [account], "start": 0}))]).await.expect("a port");
    let connector = aweber(&stub.settings()).expect("a connector");
    let kept = granted(&connector, json!({"access_token": "t0ken"}), Map::new()).await.expect("an account");
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("account_id".to_owned(), "123".to_owned())]);
    assert_eq!(lines(&stub.received()), ["GET /aweber/1.0/accounts"]);

    let page = |first: u32, count: u32| {
        let entries: Vec<Value> =
            (first..first + count).map(|id| json!({"id": id, "name": "Buyers"})).collect();
        Reply::json(200, json!({"entries": entries, "start": first}))
    };
    let (lists, received) = wire().options("lists", vec![page(0, 100), page(100, 1)]).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(101));
    let of = |start: u32| format!("GET /accounts/123/lists?ws.start={start}&ws.size=100");
    assert_eq!(lines(&received), [of(0), of(100)]);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"entries": []}))]).await;
}
