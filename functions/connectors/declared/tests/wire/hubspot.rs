//! The requests of each action, and the outcome of each of HubSpot's answers, which follow the vendor's OpenAPI files of v3:
//! <https://github.com/HubSpot/HubSpot-public-api-spec-collection> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Received, Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str = "GET /crm/v3/objects/contacts/ada@example.com?idProperty=email&properties=email";
const CREATE: &str = "POST /crm/v3/objects/contacts";
const ADD: &str = "PUT /crm/v3/lists/7/memberships/add";
const REMOVE: &str = "PUT /crm/v3/lists/7/memberships/remove";

fn hubspot(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("hubspot", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(hubspot, json!({"service_key": "secret-key"}), "/hubspot")
}

fn app() -> App {
    "hubspot".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"list": "7"}))
}

fn ok(body: Value) -> Reply {
    Reply::json(200, body)
}

fn ada() -> Reply {
    ok(json!({"id": "512", "properties": {"email": "ada@example.com"}, "archived": false}))
}

fn created() -> Reply {
    Reply::json(201, json!({"id": "513", "properties": {"email": "ada@example.com"}}))
}

fn changed(added: &[&str], removed: &[&str], missing: &[&str]) -> Reply {
    ok(json!({"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}))
}

fn refused(status: u16, category: &str, message: &str) -> Reply {
    let error = json!({"status": "error", "message": message, "correlationId": "c1", "category": category});
    Reply::json(status, error)
}

fn unknown() -> Reply {
    refused(404, "OBJECT_NOT_FOUND", "resource not found")
}

#[tokio::test]
async fn a_known_contact_is_added_and_not_changed() {
    let (outcome, received) =
        wire().perform(&act("add_to_list"), vec![ada(), changed(&["512"], &[], &[])]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, ADD]);
    assert_eq!(received[1].json(), json!(["512"]));
    for request in &received {
        assert_eq!(request.header("authorization"), "Bearer secret-key");
    }
    let (outcome, _) = wire().perform(&act("add_to_list"), vec![ada(), changed(&[], &[], &[])]).await;
    assert_told(&outcome, "already so", "on the list", "on the list");
}

#[tokio::test]
async fn an_unknown_contact_is_created() {
    let replies = vec![unknown(), created(), changed(&["513"], &[], &[])];
    let (outcome, received) = wire().perform(&act("add_to_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, CREATE, ADD]);
    let properties = json!({"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"});
    assert_eq!(received[1].json(), json!({"properties": properties, "associations": []}));
    assert_eq!(received[2].json(), json!(["513"]));

    let (outcome, received) = wire().perform(&act("create_contact"), vec![unknown(), created()]).await;
    assert_eq!((outcome, lines(&received)), (Outcome::DONE, vec![FIND.to_owned(), CREATE.to_owned()]));
    let (outcome, received) = wire().perform(&act("create_contact"), vec![ada()]).await;
    assert_told(&outcome, "already so", "has the contact", "known");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn a_name_that_hubspot_rejects_is_left_out() {
    let rejected = json!({
        "status": "error", "message": "Property values were not valid", "category": "VALIDATION_ERROR",
        "errors": [{"message": "lastname is too long", "context": {"propertyName": ["lastname"]}}],
    });
    let replies = vec![unknown(), Reply::json(400, rejected), created()];
    let (outcome, received) = wire().perform(&act("create_contact"), replies).await;
    assert_told(&outcome, "done", "lastname is too long", "left out");
    assert_eq!(received[2].json()["properties"], json!({"email": "ada@example.com", "firstname": "Ada"}));
}

#[tokio::test]
async fn a_contact_that_appears_meanwhile_is_waited_for() {
    let replies = || vec![unknown(), refused(409, "CONFLICT", "Contact already exists. Existing ID: 512")];
    let (outcome, _) = wire().perform(&act("add_to_list"), replies()).await;
    assert_told(&outcome, "not yet", "does not return them yet", "first");
    let (outcome, _) = wire().nth(3, &act("add_to_list"), replies()).await;
    assert_told(&outcome, "rejected", "Existing ID: 512", "third");
    let (outcome, _) = wire().perform(&act("add_to_list"), vec![ada(), changed(&[], &[], &["512"])]).await;
    assert_told(&outcome, "not yet", "does not find the contact yet", "missing");
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let replies = vec![ada(), changed(&[], &["512"], &[])];
    let (outcome, received) = wire().perform(&act("remove_from_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, REMOVE]);
    assert_eq!(received[1].json(), json!(["512"]));
    let ends =
        [(vec![unknown()], "unknown to HubSpot"), (vec![ada(), changed(&[], &[], &[])], "not on the list")];
    super::sale::already(&wire(), &act("remove_from_list"), ends).await;
}

#[tokio::test]
async fn hubspots_errors_are_told_apart() {
    // The text is not documented.
    let dynamic = "List with ID 7 is dynamic, so its memberships cannot be changed.";
    let answers = [
        (
            "token",
            refused(401, "INVALID_AUTHENTICATION", "Credentials not found."),
            "reconnect",
            "Service keys",
        ),
        ("scope", refused(403, "MISSING_SCOPES", "This app lacks scopes."), "reconnect", "crm.lists.write"),
        (
            "list",
            refused(404, "OBJECT_NOT_FOUND", "List does not exist with ID 7."),
            "rejected",
            "no longer exists",
        ),
        ("dynamic", refused(400, "VALIDATION_ERROR", dynamic), "rejected", "is dynamic"),
    ];
    wire().answers(&act("add_to_list"), &[ada()], &answers).await;
    let invalid = refused(
        400,
        "VALIDATION_ERROR",
        r#"[{"message":"Email address ada is invalid","error":"INVALID_EMAIL"}]"#,
    );
    let (outcome, _) = wire().perform(&act("create_contact"), vec![unknown(), invalid]).await;
    assert_told(&outcome, "rejected", "e-mail address", "address");
    let limited = |policy: &str| {
        Reply::json(
            429,
            json!({"status": "error", "message": "You have reached your limit.", "policyName": policy}),
        )
    };
    let waits = [
        (limited("DAILY"), 3600),
        (limited("TEN_SECONDLY_ROLLING"), 10),
        (limited("TEN_SECONDLY_ROLLING").header("retry-after", "4"), 4),
    ];
    wire().waits(&act("add_to_list"), &[ada()], waits).await;
}

#[tokio::test]
async fn a_login_is_refused_in_other_words_than_a_key() {
    let wire = Wire::new(hubspot, json!({"access_token": "secret-token"}), "/hubspot");
    let (outcome, received) = wire.perform(&act("create_contact"), vec![ada()]).await;
    assert_told(&outcome, "already so", "has the contact", "login");
    assert_eq!(received[0].header("authorization"), "Bearer secret-token");
    for (reply, words) in [
        (refused(401, "EXPIRED_AUTHENTICATION", "The access token is expired."), "uninstalled"),
        (refused(403, "MISSING_SCOPES", "This app lacks scopes."), "give access"),
    ] {
        let (outcome, _) = wire.perform(&act("create_contact"), vec![reply]).await;
        assert_told(&outcome, "reconnect", words, words);
    }
}

#[tokio::test]
async fn an_account_has_a_name_and_its_lists_are_read_to_the_end() {
    let details = json!({"portalId": 12_345_678, "portalName": "Bookshop", "uiDomain": "app.hubspot.com"});
    let (identity, received) = wire().identify(vec![ok(details)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["GET /account-info/v3/details"]);

    let page = |id: &str, offset: u32, more: bool| {
        ok(
            json!({"lists": [{"listId": id, "name": "Buyers"}], "offset": offset, "hasMore": more, "total": 2}),
        )
    };
    let (lists, received) = wire().options("lists", vec![page("7", 1, true), page("9", 2, false)]).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(2));
    let sent = |offset: u32| {
        json!({
            "objectTypeId": "0-1", "processingTypes": ["MANUAL", "SNAPSHOT"], "additionalProperties": [],
            "offset": offset, "count": 500,
        })
    };
    let bodies: Vec<Value> = received.iter().map(Received::json).collect();
    assert_eq!(bodies, [sent(0), sent(1)]);
    assert_eq!(received[1].line(), "POST /crm/v3/lists/search");
}

#[tokio::test]
async fn it_performs_its_manifest() {
    let empty = ok(json!({"lists": [], "offset": 0, "hasMore": false, "total": 0}));
    wire().keeps_the_manifest(act, &[empty]).await;
}
