//! The requests of each action, and the outcome of each of MailerLite's answers, which follow
//! <https://developers.mailerlite.com> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str = "GET /subscribers/ada@example.com";

fn mailerlite(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("mailerlite", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(mailerlite, json!({"api_token": "secret-token"}), "/mailerlite/api")
}

fn app() -> App {
    "mailerlite".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"group": "111"}))
}

fn subscriber(status: &str, groups: &[&str]) -> Reply {
    let groups: Vec<Value> = groups.iter().map(|id| json!({"id": id, "name": "A group"})).collect();
    let ada = json!({"id": "9001", "email": "ada@example.com", "status": status, "groups": groups});
    Reply::json(200, json!({"data": ada}))
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"message": message}))
}

fn invalid(field: &str, why: &str) -> Reply {
    let errors = json!({field: [why]});
    Reply::json(422, json!({"message": "The given data was invalid.", "errors": errors}))
}

#[tokio::test]
async fn a_known_subscriber_joins_the_group_and_nothing_else_of_them_is_changed() {
    let joined = || Reply::json(200, json!({"data": {"id": "111", "name": "Buyers"}}));
    let (outcome, received) =
        wire().perform(&act("add_to_group"), vec![subscriber("active", &["112"]), joined()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /subscribers/9001/groups/111"]);
    assert!(received.iter().all(|request| request.header("authorization") == "Bearer secret-token"));

    let (outcome, _) =
        wire().perform(&act("add_to_group"), vec![subscriber("unsubscribed", &[]), joined()]).await;
    assert_told(&outcome, "done", "sends them no campaigns", "unsubscribed");
    let (outcome, received) =
        wire().perform(&act("add_to_group"), vec![subscriber("active", &["112", "111"])]).await;
    assert_told(&outcome, "already so", "in the group", "member");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn an_unknown_contact_is_created_without_the_details_that_mailerlite_rejects() {
    let mut with_phone = act("add_to_group");
    with_phone.contact.phone = Some("no number".to_owned());
    let created = Reply::json(201, json!({"data": {"id": "9001"}}));
    let replies =
        vec![refused(404, "Resource not found."), invalid("fields.phone", "The phone is too long."), created];
    let (outcome, received) = wire().perform(&with_phone, replies).await;
    assert_told(&outcome, "done", "`phone` was rejected and left out", "phone");
    assert_eq!(lines(&received), [FIND, "POST /subscribers", "POST /subscribers"]);
    let fields = json!({"name": "Ada", "last_name": "Lovelace"});
    assert_eq!(received[2].json(), json!({"email": "ada@example.com", "fields": fields, "groups": ["111"]}));
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let remove = act("remove_from_group");
    let member = || subscriber("active", &["111"]);
    let (outcome, received) = wire().perform(&remove, vec![member(), Reply::status(204)]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "DELETE /subscribers/9001/groups/111"]);
    let ends = [
        (vec![refused(404, "Resource not found.")], "unknown to MailerLite"),
        (vec![subscriber("active", &["112"])], "not in the group"),
        (vec![member(), refused(404, "Resource not found.")], "not in the group"),
    ];
    super::sale::already(&wire(), &remove, ends).await;
}

#[tokio::test]
async fn mailerlites_errors_are_told_apart() {
    let answers = [
        ("token", refused(401, "Unauthenticated."), "reconnect", "API token"),
        ("rights", refused(403, "This action is denied."), "reconnect", "plan of the account"),
        (
            "group",
            invalid("groups.0", "The selected groups.0 is invalid."),
            "rejected",
            "group no longer exists",
        ),
        (
            "address",
            invalid("email", "The email must be a valid email address."),
            "rejected",
            "e-mail address",
        ),
        ("other", invalid("status", "The status is invalid."), "rejected", "The status is invalid"),
    ];
    wire().answers(&act("add_to_group"), &[refused(404, "Resource not found.")], &answers).await;
    let gone = [("deleted", refused(404, "Resource not found."), "rejected", "group no longer exists")];
    wire().answers(&act("add_to_group"), &[subscriber("active", &[])], &gone).await;
    let limited = || refused(429, "Too Many Attempts.");
    let named = limited().header("retry-after", "59");
    wire().waits(&act("remove_from_group"), &[], [(named, 59), (limited(), 60)]).await;
}

#[tokio::test]
async fn a_connection_is_tested_and_the_groups_are_read_to_the_end() {
    let page = |first: u32, count: u32| {
        let groups: Vec<Value> =
            (first..first + count).map(|id| json!({"id": id.to_string(), "name": "Buyers"})).collect();
        Reply::json(200, json!({"data": groups, "meta": {"per_page": 100}}))
    };
    let (identity, received) = wire().identify(vec![page(0, 1)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(None));
    assert_eq!(lines(&received), ["GET /groups?limit=1"]);
    let (groups, received) = wire().options("groups", vec![page(0, 100), page(100, 1)]).await;
    assert_eq!(groups.map(|groups| groups.len()), Ok(101));
    assert_eq!(lines(&received), ["GET /groups?page=1&limit=100", "GET /groups?page=2&limit=100"]);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"data": []}))]).await;
}
