//! The requests of each action, and the outcome of each of GetResponse's answers, which follow the vendor's OpenAPI file
//! <https://apireference.getresponse.com/open-api.json> of 2026-07-28 (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str =
    "GET /contacts?query%5Bemail%5D=ada%40example.com&query%5BcampaignId%5D=V3J&additionalFlags=exactMatch";

fn getresponse(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("getresponse", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(getresponse, json!({"api_key": "secret-key"}), "/getresponse/v3")
}

fn app() -> App {
    "getresponse".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"list": "V3J"}))
}

fn found(contacts: &[(&str, &str, &str)]) -> Reply {
    let contact = |(id, email, list): &(&str, &str, &str)| json!({"contactId": id, "email": email, "campaign": {"campaignId": list}});
    Reply::json(200, Value::Array(contacts.iter().map(contact).collect()))
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
fn refused(status: u16, code: u16, message: &str, context: Value) -> Reply {
    let error = json!({
        "httpStatus": status, "code": code, "codeDescription": "An error.", "message": message,
        "moreInfo": format!("https://apidocs.getresponse.com/en/v3/errors/{code}"), "context": context,
        "uuid": "87b90a96-5ee5-4ca4-8180-ac00adcf62c7",
    });
    Reply::json(status, error)
}

#[tokio::test]
async fn a_contact_is_added_unless_the_list_has_their_exact_address() {
    let similar = [("a", "ada@example.com.br", "V3J"), ("b", "ada@example.com", "other")];
    let replies = vec![found(&similar), Reply::status(202)];
    let (outcome, received) = wire().perform(&act("add_to_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /contacts"]);
    let ada = json!({"email": "ada@example.com", "name": "Ada Lovelace", "campaign": {"campaignId": "V3J"}});
    assert_eq!(received[1].json(), ada);
    for request in &received {
        assert_eq!(request.header("x-auth-token"), "api-key secret-key");
    }

    let replies = vec![found(&[("a", "Ada@Example.com", "V3J")])];
    let (outcome, received) = wire().perform(&act("add_to_list"), replies).await;
    assert_told(&outcome, "already so", "on the list", "known");
    assert_eq!(received.len(), 1);

    let cycle = job(app(), "add_to_list", json!({"list": "V3J", "cycle": "0"}));
    let (_, received) = wire().perform(&cycle, vec![found(&[]), Reply::status(202)]).await;
    assert_eq!(received[1].json()["dayOfCycle"], "0");
}

#[tokio::test]
async fn a_contact_who_has_not_confirmed_is_a_conflict_and_on_the_way() {
    let conflict = refused(409, 1008, "Contact already added", json!([]));
    let (outcome, _) = wire().perform(&act("add_to_list"), vec![found(&[]), conflict]).await;
    assert_told(&outcome, "already so", "they still have to confirm", "conflict");
}

#[tokio::test]
async fn a_name_that_getresponse_rejects_is_left_out() {
    let context =
        json!([{"fieldName": "name", "errorDescription": "Expected string length between 1 and 128"}]);
    let replies = vec![
        found(&[]),
        refused(400, 1000, "Validation error, see context section for more information", context),
        Reply::status(202),
    ];
    let (outcome, received) = wire().perform(&act("add_to_list"), replies).await;
    assert_told(&outcome, "done", "`name` was rejected and left out", "name");
    assert_eq!(received[2].json(), json!({"email": "ada@example.com", "campaign": {"campaignId": "V3J"}}));
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let remove = act("remove_from_list");
    let ada = || found(&[("pV3r", "ada@example.com", "V3J")]);
    let (outcome, received) = wire().perform(&remove, vec![ada(), Reply::status(204)]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "DELETE /contacts/pV3r"]);
    let gone = refused(404, 1013, "Resource not found", json!({"contactId": "pV3r"}));
    for replies in [vec![found(&[("b", "ada@example.com", "other")])], vec![ada(), gone]] {
        let (outcome, _) = wire().perform(&remove, replies).await;
        assert_told(&outcome, "already so", "not on the list", "removed");
    }
}

#[tokio::test]
async fn getresponses_errors_are_told_apart() {
    let said = "Validation error, see context section for more information";
    let field = |name: &str| json!({"fieldName": name, "errorDescription": "Not allowed"});
    let key = json!({"authenticationType": "auth_token"});
    let answers = [
        ("key", refused(401, 1014, "Unable to authenticate request", key), "reconnect", "API key"),
        ("blocked for a time", refused(403, 1016, "Temporary API block", json!({})), "retry", ""),
        ("rights", refused(403, 1023, "Insufficient permissions", json!({})), "reconnect", "manage contacts"),
        (
            "list",
            refused(400, 1001, "Campaign does not exist", json!({})),
            "rejected",
            "list no longer exists",
        ),
        ("address", refused(400, 1000, said, json!([field("email")])), "rejected", "e-mail address"),
        ("one address", refused(400, 1000, said, field("email")), "rejected", "e-mail address"),
        ("plan", refused(400, 1027, "Contact limit reached", json!({})), "rejected", "Upgrade the plan"),
        (
            "block",
            refused(400, 1002, "Cannot add a contact that is blocked", json!([])),
            "rejected",
            "blocklist",
        ),
        ("other", refused(400, 1000, said, json!([field("scoring")])), "rejected", "Not allowed"),
    ];
    wire().answers(&act("add_to_list"), &[found(&[])], &answers).await;
    // The time is a text with a unit.
    let context = json!({"currentLimit": 30000, "timeToReset": "100 seconds"});
    let limited = |context: Value| refused(429, 1015, "You have reached your requests limit", context);
    let named = limited(json!([])).header("retry-after", "12");
    let header = limited(context.clone()).header("x-ratelimit-reset", "40 seconds");
    let waits = [(named, 12), (header, 40), (limited(context), 100), (limited(json!([])), 60)];
    wire().waits(&act("remove_from_list"), &[], waits).await;
}

#[tokio::test]
async fn an_account_has_its_address_and_its_lists_are_read_to_the_end() {
    let account = Reply::json(200, json!({"accountId": "VfEj6", "email": "owner@example.com"}));
    let (identity, received) = wire().identify(vec![account]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("owner@example.com".to_owned())));
    assert_eq!(lines(&received), ["GET /accounts"]);

    let page = |first: u32, count: u32| {
        let list = |id: u32| json!({"campaignId": id.to_string(), "name": format!("List {id}")});
        Reply::json(200, Value::Array((first..first + count).map(list).collect()))
    };
    let (lists, received) = wire().options("lists", vec![page(0, 1000), page(1000, 1)]).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(1001));
    assert_eq!(
        lines(&received),
        ["GET /campaigns?page=1&perPage=1000", "GET /campaigns?page=2&perPage=1000"]
    );
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!([]))]).await;
}
