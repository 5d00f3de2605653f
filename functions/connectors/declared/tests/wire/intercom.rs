//! The requests of each action, and the outcome of each of Intercom's answers, which follow the vendor's OpenAPI file:
//! <https://github.com/intercom/Intercom-OpenAPI/blob/main/descriptions/2.14/api.intercom.io.yaml> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn intercom(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("intercom", settings)
}

fn wire() -> Wire<Declared> {
    let credentials = json!({"access_token": "secret-token", "api_url": "https://api.eu.intercom.io"});
    Wire::new(intercom, credentials, "/intercom")
}

fn app() -> App {
    "intercom".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"tag": "102"}))
}

fn typed(action: &str, name: &str) -> Job {
    super::sale::typed(app(), action, "tag", name)
}

fn found(people: &[(&str, &str, &str)]) -> Reply {
    let person = |(id, role, email): &(&str, &str, &str)| json!({"type": "contact", "id": id, "role": role, "email": email});
    let data: Vec<Value> = people.iter().map(person).collect();
    Reply::json(200, json!({"type": "list", "data": data, "total_count": data.len()}))
}

fn ada() -> Reply {
    found(&[("l1", "lead", "ada@example.com"), ("c1", "user", "Ada@example.com")])
}

fn refused(status: u16, code: &str, message: &str) -> Reply {
    let error = json!({"code": code, "message": message});
    Reply::json(status, json!({"type": "error.list", "request_id": "r1", "errors": [error]}))
}

fn tag() -> Reply {
    Reply::json(200, json!({"type": "tag", "id": "102", "name": "Buyer"}))
}

#[tokio::test]
async fn a_user_comes_before_a_lead_with_the_same_address() {
    let (outcome, received) = wire().perform(&act("apply_tag"), vec![ada(), tag()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /contacts/search", "POST /contacts/c1/tags"]);
    let query = json!({"field": "email", "operator": "=", "value": "ada@example.com"});
    assert_eq!(received[0].json(), json!({"query": query, "pagination": {"per_page": 50}}));
    assert_eq!(received[1].json(), json!({"id": "102"}));
    for request in &received {
        assert_eq!(request.header("authorization"), "Bearer secret-token");
        assert_eq!(request.header("intercom-version"), "2.14");
    }
    let lead = found(&[("l1", "lead", "ada@example.com"), ("c2", "user", "ada@example.com.br")]);
    let (_, received) = wire().perform(&act("apply_tag"), vec![lead, tag()]).await;
    assert_eq!(lines(&received)[1], "POST /contacts/l1/tags");
}

#[tokio::test]
async fn an_unknown_contact_is_created_as_a_user() {
    let created = Reply::json(200, json!({"type": "contact", "id": "c9"}));
    let (outcome, received) = wire().perform(&act("apply_tag"), vec![found(&[]), created, tag()]).await;
    assert_eq!(outcome, Outcome::DONE);
    let contact = json!({"role": "user", "email": "ada@example.com", "name": "Ada Lovelace"});
    assert_eq!((lines(&received)[1].as_str(), received[1].json()), ("POST /contacts", contact));
    let known = refused(409, "conflict", "A contact matching those details already exists with id=c9");
    let (outcome, _) = wire().perform(&act("apply_tag"), vec![found(&[]), known]).await;
    assert_told(&outcome, "not yet", "does not return them yet", "race");
}

#[tokio::test]
async fn typed_text_is_a_name_even_if_it_looks_like_an_id() {
    let new = Reply::json(200, json!({"type": "tag", "id": "105", "name": "102"}));
    let (outcome, received) = wire().perform(&typed("apply_tag", "102"), vec![ada(), new, tag()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[1..], ["POST /tags", "POST /contacts/c1/tags"]);
    assert_eq!((received[1].json(), received[2].json()), (json!({"name": "102"}), json!({"id": "105"})));

    let tags = |tags: Value| Reply::json(200, json!({"type": "list", "data": tags}));
    let both =
        tags(json!([{"type": "tag", "id": "7", "name": "vip"}, {"type": "tag", "id": "8", "name": "VIP"}]));
    let (outcome, received) = wire().perform(&typed("remove_tag", "VIP"), vec![both, ada(), tag()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[2], "DELETE /contacts/c1/tags/8");
    let (outcome, received) = wire().perform(&typed("remove_tag", "VIP"), vec![tags(json!([]))]).await;
    assert_told(&outcome, "already so", "no tag `VIP`", "unknown");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let (outcome, received) = wire().perform(&act("remove_tag"), vec![ada(), tag()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /contacts/search", "DELETE /contacts/c1/tags/102"]);
    let ends = [
        (vec![found(&[])], "unknown to Intercom"),
        (vec![ada(), refused(404, "not_found", "Resource Not Found")], "does not have the tag"),
        (vec![ada(), refused(404, "not_found", "User Not Found")], "unknown to Intercom"),
    ];
    super::sale::already(&wire(), &act("remove_tag"), ends).await;
}

#[tokio::test]
async fn intercoms_errors_are_told_apart() {
    let answers = [
        ("token", refused(401, "unauthorized", "Access Token Invalid"), "reconnect", "region"),
        ("scope", refused(403, "forbidden", "Not allowed"), "reconnect", "permissions"),
        ("merged", refused(404, "not_found", "User Not Found"), "not yet", "merged"),
        ("tag", refused(404, "not_found", "Resource Not Found"), "rejected", "tag no longer exists"),
        ("other", refused(400, "parameter_invalid", "invalid tag parameters"), "rejected", "invalid tag"),
    ];
    wire().answers(&act("apply_tag"), &[ada()], &answers).await;
    let named = Reply::status(429).header("x-ratelimit-reset", "1795255240");
    wire().waits(&act("apply_tag"), &[ada()], [(named, 40), (Reply::status(429), 10)]).await;
}

#[tokio::test]
async fn an_account_is_its_workspace() {
    let me = json!({"type": "admin", "id": "1", "email": "owner@example.com", "app": {"name": "Bookshop"}});
    let (identity, received) = wire().identify(vec![Reply::json(200, me)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["GET /me"]);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"type": "list", "data": []}))]).await;
}
