//! The requests of each action, and the outcome of each of Keap's answers, which follow the vendor's OpenAPI file:
//! <https://github.com/infusionsoft/keap-sdk/blob/main/sdks/v2/swagger.yml> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str =
    "GET /contacts?filter=email%3D%3Dada%40example.com&fields=id%2Cemail_addresses%2Ctag_ids&page_size=100";
const TAGS: &str = "GET /tags?page_size=1000";

fn keap(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("keap", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(keap, json!({"api_key": "KeapAK-secret"}), "/keap/crm/rest/v2")
}

fn app() -> App {
    "keap".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"tag": "102"}))
}

fn typed(action: &str, name: &str) -> Job {
    super::sale::typed(app(), action, "tag", name)
}

fn ok(body: Value) -> Reply {
    Reply::json(200, body)
}

fn found(people: &[(&str, &[&str])]) -> Reply {
    let person = |(number, (email, tags)): (usize, &(&str, &[&str]))| {
        let addresses =
            json!([{"email": "ada@work.example", "field": "EMAIL1"}, {"email": email, "field": "EMAIL2"}]);
        json!({"id": number.to_string(), "email_addresses": addresses, "tag_ids": tags})
    };
    let contacts: Vec<Value> = people.iter().enumerate().map(person).collect();
    ok(json!({"contacts": contacts, "next_page_token": ""}))
}

fn ada(tags: &[&str]) -> Reply {
    found(&[("ada@example.com.br", &["102"]), ("Ada@example.com", tags)])
}

fn tags(tags: &[(&str, &str)], next: &str) -> Reply {
    let tag = |(id, name): &(&str, &str)| json!({"id": id, "name": name});
    let tags: Vec<Value> = tags.iter().map(tag).collect();
    ok(json!({"tags": tags, "next_page_token": next}))
}

fn applied(result: &str) -> Reply {
    ok(json!({"results": {"1": result}}))
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"code": 3, "message": message, "status": "INVALID_ARGUMENT", "details": []}))
}

#[tokio::test]
async fn a_contact_is_found_by_any_of_their_addresses() {
    let replies = vec![ada(&["101"]), applied("SUCCESS")];
    let (outcome, received) = wire().perform(&act("apply_tag"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /tags/102/contacts:applyTags"]);
    assert_eq!(received[1].json(), json!({"contact_ids": ["1"]}));
    for request in &received {
        assert_eq!(request.header("x-keap-api-key"), "KeapAK-secret");
    }
    let (outcome, received) = wire().perform(&act("apply_tag"), vec![ada(&["101", "102"])]).await;
    assert_told(&outcome, "already so", "has the tag", "tagged");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn an_unknown_contact_is_created_once() {
    let created = Reply::json(201, json!({"id": "9"}));
    let replies = vec![found(&[]), created, ok(json!({"results": {"9": "SUCCESS"}}))];
    let (outcome, received) = wire().perform(&act("apply_tag"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let contact = json!({
        "email_addresses": [{"email": "ada@example.com", "field": "EMAIL1"}],
        "given_name": "Ada", "family_name": "Lovelace",
    });
    let line = "POST /contacts?duplicate_option=Email";
    assert_eq!((lines(&received)[1].as_str(), received[1].json()), (line, contact));
    assert_eq!(received[2].json(), json!({"contact_ids": ["9"]}));
}

#[tokio::test]
async fn typed_text_is_a_name_even_if_it_looks_like_an_id() {
    let pages = || vec![tags(&[("7", "vip")], "p2"), tags(&[("8", "VIP")], "")];
    let replies = [pages(), vec![ada(&["8"]), Reply::status(204)]].concat();
    let (outcome, received) = wire().perform(&typed("remove_tag", "VIP"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let next = "GET /tags?page_token=p2&page_size=1000";
    assert_eq!(lines(&received), [TAGS, next, FIND, "POST /tags/8/contacts:removeTags"]);

    let new = Reply::json(201, json!({"id": "105", "name": "102"}));
    let replies = vec![tags(&[], ""), new, ada(&[]), applied("SUCCESS")];
    let (outcome, received) = wire().perform(&typed("apply_tag", "102"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [TAGS, "POST /tags", FIND, "POST /tags/105/contacts:applyTags"]);
    assert_eq!(received[1].json(), json!({"name": "102"}));
    let (outcome, received) = wire().perform(&typed("remove_tag", "VIP"), vec![tags(&[], "")]).await;
    assert_told(&outcome, "already so", "no tag `VIP`", "unknown");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let replies = vec![ada(&["102"]), Reply::status(204)];
    let (outcome, received) = wire().perform(&act("remove_tag"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /tags/102/contacts:removeTags"]);
    assert_eq!(received[1].json(), json!({"contact_ids": ["1"]}));
    let ends = [
        (vec![found(&[])], "unknown to Keap"),
        (vec![ada(&["101"])], "does not have the tag"),
        (vec![ada(&["102"]), refused(404, "Tag not found")], "does not have the tag"),
    ];
    super::sale::already(&wire(), &act("remove_tag"), ends).await;
}

#[tokio::test]
async fn keaps_errors_are_told_apart() {
    let fault = |status, fault: &str| Reply::json(status, json!({"fault": {"faultstring": fault}}));
    let answers = [
        ("key", fault(401, "Invalid ApiKey"), "reconnect", "service account key"),
        ("user", refused(403, "Permission denied"), "reconnect", "manage contacts"),
        ("tag", refused(404, "Tag not found"), "rejected", "tag no longer exists"),
        ("result", applied("FAILURE"), "rejected", "did not apply"),
        ("other", refused(400, "contact_ids is required"), "rejected", "contact_ids is required"),
    ];
    wire().answers(&act("apply_tag"), &[ada(&[])], &answers).await;
    let address = refused(400, "Invalid email address");
    let (outcome, _) = wire().perform(&act("apply_tag"), vec![found(&[]), address]).await;
    assert_told(&outcome, "rejected", "Invalid email address", "address");
    // <https://integration.keap.com/t/stated-receiving-api-error-an-http-error-occurred-too-many-requests/93964>
    let limited =
        json!({"code": "429", "message": "Quota Exceeded", "status": "Request Throttled", "details": null});
    let headers = |reply: Reply| {
        let reply = reply.header("x-keap-product-quota-available", "29999");
        reply.header("x-keap-product-quota-expiry-time", "1771459200000")
    };
    let waits = [
        (headers(Reply::json(429, limited)), 60),
        (fault(429, "Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=25}"), 60),
        (Reply::status(429).header("retry-after", "12"), 12),
    ];
    wire().waits(&act("apply_tag"), &[ada(&[])], waits).await;
}

#[tokio::test]
async fn an_account_is_its_business() {
    for (profile, account) in [
        (json!({"name": "Bookshop", "email": "owner@example.com"}), "Bookshop"),
        (json!({"email": "owner@example.com"}), "owner@example.com"),
        (json!({}), "Keap"),
    ] {
        let (identity, received) = wire().identify(vec![ok(profile)]).await;
        assert_eq!(identity.map(|identity| identity.account), Ok(Some(account.to_owned())));
        assert_eq!(lines(&received), ["GET /businessProfile"]);
    }
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[tags(&[], "")]).await;
}
