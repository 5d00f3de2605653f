//! The requests of each action, and the outcome of each of Constant Contact's answers, which follow the vendor's OpenAPI
//! file: <https://api.cc.email/v3/swagger.yaml> (3.0.178, as of 2026-08-13).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str = "GET /contacts?email=ada%40example.com&include=list_memberships";
const LIST: &str = "GET /contact_lists/l1";

fn constantcontact(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("constantcontact", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(constantcontact, json!({"access_token": "secret-token"}), "/constantcontact/v3")
}

fn app() -> App {
    "constantcontact".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"list": "l1"}))
}

fn found(people: &[(&str, &str, &[&str])]) -> Reply {
    let person = |(number, (email, permission, lists)): (usize, &(&str, &str, &[&str]))| {
        let address = json!({"address": email, "permission_to_send": permission});
        json!({"contact_id": format!("c{number}"), "email_address": address, "list_memberships": lists})
    };
    let contacts: Vec<Value> = people.iter().enumerate().map(person).collect();
    Reply::json(200, json!({"contacts": contacts}))
}

fn ada(lists: &[&str]) -> Reply {
    found(&[("ada@example.com.br", "explicit", &["l1"]), ("Ada@example.com", "implicit", lists)])
}

fn list() -> Reply {
    Reply::json(200, json!({"list_id": "l1", "name": "Newsletter"}))
}

fn accepted(state: &str) -> Reply {
    Reply::json(201, json!({"activity_id": "a1", "state": state}))
}

fn refused(status: u16, key: &str, message: &str) -> Reply {
    Reply::json(status, json!([{"error_key": key, "error_message": message}]))
}

#[tokio::test]
async fn a_known_contact_is_added_and_nothing_else_of_them_is_changed() {
    let replies = vec![ada(&["l2"]), list(), accepted("initialized")];
    let (outcome, received) = wire().perform(&act("add_contact_to_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, LIST, "POST /activities/add_list_memberships"]);
    assert_eq!(received[2].json(), json!({"source": {"contact_ids": ["c1"]}, "list_ids": ["l1"]}));
    for request in &received {
        assert_eq!(request.header("authorization"), "Bearer secret-token");
    }
    let (outcome, received) = wire().perform(&act("add_contact_to_list"), vec![ada(&["l2", "l1"])]).await;
    assert_told(&outcome, "already so", "on the list", "on the list");
    assert_eq!(lines(&received), [FIND]);
    let left = found(&[("ada@example.com", "unsubscribed", &[])]);
    let (outcome, received) = wire().perform(&act("add_contact_to_list"), vec![left]).await;
    assert_told(&outcome, "rejected", "unsubscribed from your e-mails", "unsubscribed");
    assert_eq!(lines(&received), [FIND]);
}

#[tokio::test]
async fn an_unknown_contact_is_created_on_the_list() {
    let created = Reply::json(201, json!({"contact_id": "c9"}));
    let replies = vec![found(&[]), list(), created];
    let (outcome, received) = wire().perform(&act("add_contact_to_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let contact = json!({
        "email_address": {"address": "ada@example.com", "permission_to_send": "implicit"},
        "first_name": "Ada", "last_name": "Lovelace", "create_source": "Account", "list_memberships": ["l1"],
    });
    assert_eq!((lines(&received)[2].as_str(), received[2].json()), ("POST /contacts", contact));
    let known = || refused(409, "contacts.api.conflict", "Validation failed: Email already exists");
    let replies = || vec![found(&[]), list(), known()];
    let (outcome, _) = wire().perform(&act("add_contact_to_list"), replies()).await;
    assert_told(&outcome, "not yet", "does not return them yet", "first");
    let (outcome, _) = wire().nth(3, &act("add_contact_to_list"), replies()).await;
    assert_told(&outcome, "rejected", "may be deleted", "third");
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let replies = vec![ada(&["l2", "l1"]), accepted("processing")];
    let (outcome, received) = wire().perform(&act("remove_contact_from_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /activities/remove_list_memberships"]);
    assert_eq!(received[1].json(), json!({"source": {"contact_ids": ["c1"]}, "list_ids": ["l1"]}));
    for (reply, words) in [(ada(&["l2"]), "not on the list"), (found(&[]), "unknown to Constant Contact")] {
        let (outcome, received) = wire().perform(&act("remove_contact_from_list"), vec![reply]).await;
        assert_told(&outcome, "already so", words, words);
        assert_eq!(lines(&received), [FIND]);
    }
}

#[tokio::test]
async fn a_list_that_no_longer_exists_is_not_left_to_the_activity() {
    let deleted = Reply::json(200, json!({"list_id": "l1", "deleted_at": "2026-11-01T10:00:00Z"}));
    for reply in [refused(404, "contacts.api.not_found", "list not found"), deleted] {
        for contact in [ada(&[]), found(&[])] {
            let replies = vec![contact, reply.clone()];
            let (outcome, received) = wire().perform(&act("add_contact_to_list"), replies).await;
            assert_told(&outcome, "rejected", "list no longer exists", "gone");
            assert_eq!(lines(&received), [FIND, LIST]);
        }
    }
}

#[tokio::test]
async fn constant_contacts_errors_are_told_apart() {
    let one = Reply::json(401, json!({"error_key": "unauthorized", "error_message": "Unauthorized"}));
    let answers = [
        ("login", one, "reconnect", "revoked"),
        (
            "scope",
            refused(403, "forbidden", "You lack the necessary scopes."),
            "reconnect",
            "manage contacts",
        ),
        ("race", refused(409, "contacts.api.conflict", "Simultaneous requests"), "not yet", "this moment"),
        ("failed", accepted("failed"), "retry", "did not perform"),
        ("canceled", accepted("cancelled"), "retry", "did not perform"),
        (
            "other",
            refused(400, "contacts.api.validation.error", "source is invalid"),
            "rejected",
            "source is invalid",
        ),
    ];
    wire().answers(&act("remove_contact_from_list"), &[ada(&["l1"])], &answers).await;
    let day = |body: Value| Reply::json(429, body);
    let quota = json!({"error_key": "quota_exceeded", "error_message": "Limit Exceeded"});
    let queue = "You exceeded 1,000 queued activities for this user account.";
    let waits = [
        (day(json!([quota])), 3600),
        (day(quota), 3600),
        (refused(429, "contacts.api.too_many", queue), 300),
        (refused(429, "throttled", "Too Many Requests"), 5),
        (Reply::status(429).header("retry-after", "12"), 12),
    ];
    wire().waits(&act("remove_contact_from_list"), &[ada(&["l1"])], waits).await;
}

#[tokio::test]
async fn an_account_is_its_organization_and_its_lists_are_read_to_the_end() {
    let summary = json!({"organization_name": "Bookshop", "contact_email": "owner@example.com"});
    let (identity, received) = wire().identify(vec![Reply::json(200, summary)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["GET /account/summary"]);

    let page = |id: &str, next: Value| {
        Reply::json(200, json!({"lists": [{"list_id": id, "name": "Buyers"}], "_links": next}))
    };
    let next = json!({"next": {"href": "/v3/contact_lists?cursor=c2"}});
    let (lists, received) = wire().options("lists", vec![page("l1", next), page("l2", Value::Null)]).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(2));
    assert_eq!(lines(&received), ["GET /contact_lists?limit=500", "GET /contact_lists?cursor=c2"]);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"lists": []}))]).await;
}
