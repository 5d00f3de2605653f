//! The parts of the language that few apps need, each in a definition that changes the documentation's example.

use std::fs;
use std::path::Path;
use std::sync::Once;

use connector::testing::{Received, Reply, Stub, assert_told, attempt, is_as_set, job, lines, options};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::outcome::{Fix, Outcome, Setback};
use serde_json::{Value, json};

use crate::{Declared, file};

const LISTS: &str = "      request: { path: [lists] }\n";
const PAGING: &str = "{ cursor: { parameter: after, next: /next, size_parameter: limit, size: 100 } }";

/// The example with other texts in the place of some.
fn with(pairs: &[(&str, &str)]) -> String {
    static INSTALLED: Once = Once::new();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    INSTALLED.call_once(|| {
        let (_, json) = file::read(example).unwrap();
        Catalog::install(&format!("[{json}]")).unwrap();
    });
    pairs.iter().fold(example.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

async fn connected(text: &str, replies: Vec<Reply>) -> (Declared, Stub) {
    let stub = Stub::start(replies).await.unwrap();
    let (definition, _) = file::read(text).unwrap_or_else(|error| panic!("{error}"));
    (Declared::of(definition, &stub.settings()).unwrap(), stub)
}

fn credentials() -> Value {
    json!({ "shop": "my-shop", "access_token": "t0ken-t0ken" })
}

/// A sale, performed.
async fn sold(text: &str, test_mode: bool) -> (Outcome, Vec<Received>) {
    let (connector, stub) = connected(text, vec![Reply::json(200, json!({ "ok": true }))]).await;
    let job = Job { test_mode, ..job("bakery".parse::<App>().unwrap(), "record_sale", json!({})) };
    (attempt(&connector, &job, credentials(), 1).await, stub.received())
}

/// The requests of a list of three pages.
async fn listed(paging: &str) -> Vec<Received> {
    let searched =
        "      request: { method: POST, path: [lists, search], json: { sort: name, page: { of: all } } }\n";
    let text = with(&[(LISTS, searched), (PAGING, paging)]);
    let page =
        |id: &str, next: Value| Reply::json(200, json!({ "data": [{ "id": id, "name": id }], "next": next }));
    let pages = vec![page("l1", json!("c2")), page("l2", json!("c3")), page("l3", Value::Null)];
    let pages = pages.into_iter().chain([Reply::json(200, json!({ "data": [] }))]).collect();
    let (connector, stub) = connected(&text, pages).await;
    assert_eq!(options(&connector, credentials(), "lists").await.map(|lists| lists.len()), Ok(3));
    stub.received()
}

#[tokio::test]
async fn a_cursor_is_a_field_of_the_body() {
    let paging =
        "{ cursor: { parameter: /page/after, next: /next, size_parameter: /page/limit, size: 100 } }";
    let received = listed(paging).await;
    assert_eq!(lines(&received), ["POST /bakery/api/v1/lists/search"; 3], "and in no query");
    let bodies: Vec<Value> = received.iter().map(Received::json).collect();
    assert_eq!(bodies[0], json!({ "sort": "name", "page": { "of": "all", "limit": 100 } }));
    assert_eq!(bodies[1], json!({ "sort": "name", "page": { "of": "all", "limit": 100, "after": "c2" } }));
    assert_eq!(bodies[2]["page"]["after"], "c3");
}

#[tokio::test]
async fn an_offset_and_a_page_are_numbers_of_the_body() {
    let received = listed("{ offset: { parameter: /offset, size_parameter: /count, size: 1 } }").await;
    let starts: Vec<Value> = received.iter().map(|one| one.json()["offset"].clone()).collect();
    assert_eq!(starts, [0, 1, 2, 3]);
    assert_eq!(received[3].json()["count"], 1);
    let received = listed("{ page: { parameter: /page/number, size: 1 } }").await;
    let numbers: Vec<Value> = received.iter().map(|one| one.json()["page"]["number"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_vendors_address_of_a_page_leads_to_the_stand_in() {
    let text = with(&[(PAGING, "{ link: { next: /next } }")]);
    for next in ["https://my-shop.bakery.example/api/v1/lists?after=c2", "/api/v1/lists?after=c2"] {
        let page = |id: &str, next: Option<&str>| {
            Reply::json(200, json!({ "data": [{ "id": id, "name": id }], "next": next }))
        };
        let (connector, stub) = connected(&text, vec![page("l1", Some(next)), page("l2", None)]).await;
        assert_eq!(options(&connector, credentials(), "lists").await.map(|lists| lists.len()), Ok(2));
        assert_eq!(
            lines(&stub.received()),
            ["GET /bakery/api/v1/lists", "GET /bakery/api/v1/lists?after=c2"],
            "{next}"
        );
    }
}

#[tokio::test]
async fn a_field_with_a_condition_is_absent_unless_it_holds() {
    let condition = "$when: { value: \"{job.test_mode}\", is: true }";
    let text = with(&[
        ("\"{line.product_id}\"", &format!("{{ {condition}, $value: \"{{contact.email}}\" }}")),
        ("\"{line.quantity}\"", &format!("{{ {condition}, of: {{ kind: test }} }}")),
    ]);
    let (outcome, received) = sold(&text, true).await;
    assert_eq!(outcome, Outcome::DONE);
    let body = received[0].json();
    assert_eq!(
        (&body["product"], &body["quantity"]),
        (&json!("ada@example.com"), &json!({ "of": { "kind": "test" } }))
    );
    let (_, received) = sold(&text, false).await;
    let body = received[0].json();
    assert_eq!((body.get("product"), body.get("quantity")), (None, None));
}

#[tokio::test]
async fn a_step_with_a_condition_is_performed_only_if_it_holds() {
    let begin = "    record_sale:\n";
    let step = "      - { when: { value: \"{job.test_mode}\", is: true }, already: Orders in test mode are left out. }\n";
    let text = with(&[(begin, &format!("{begin}{step}"))]);
    let (outcome, received) = sold(&text, true).await;
    assert_told(&outcome, "already so", "left out", "test mode");
    assert_eq!(lines(&received), [""; 0]);
    let (outcome, received) = sold(&text, false).await;
    assert_eq!((outcome, received.len()), (Outcome::DONE, 1));
}

/// Asks whether Ada is off a list, with these steps for a person who is unknown to Bakery.
async fn is_off(missing: &str, reply: Reply) -> (Result<Option<bool>, Setback>, Vec<String>) {
    let text = with(&[
        ("  blocks:\n", "  states: [remove_from_list]\n  blocks:\n"),
        ("missing: [already: The contact is unknown to Bakery.]", &format!("missing: [{missing}]")),
    ]);
    let (connector, stub) = connected(&text, vec![reply]).await;
    let job = job("bakery".parse::<App>().unwrap(), "remove_from_list", json!({ "list_id": "l1" }));
    (is_as_set(&connector, &job, credentials()).await, lines(&stub.received()))
}

#[tokio::test]
async fn a_state_is_asked_without_a_change_and_a_failure_is_no_answer() {
    let nobody = || Reply::json(200, json!({ "data": [] }));
    let ada = Reply::json(200, json!({ "data": [{ "id": "p1", "email": "ada@example.com" }] }));
    let already = "already: The contact is unknown to Bakery.";
    let asked = ["GET /bakery/api/v1/people?email=ada%40example.com"];
    let (known, requests) = is_off(already, ada).await;
    assert_eq!((known, requests.as_slice()), (Ok(Some(false)), &asked.map(str::to_owned)[..]));
    for (missing, state) in [
        (already, true),
        ("done: The contact is unknown to Bakery.", true),
        ("end: { then: rejected, reason: Bakery has no such person. }", false),
        ("end: { then: precondition, reason: Bakery does not return them yet. }", false),
    ] {
        assert_eq!(is_off(missing, nobody()).await.0, Ok(Some(state)), "{missing}");
    }
    let refused = Reply::json(401, json!({ "error": { "message": "Unknown token." } }));
    for (missing, reply, kind) in [
        (already, refused, "ReconnectNeeded"),
        (already, Reply::json(500, json!({})), "Transient"),
        ("end: { then: reconnect, reason: Bakery refused the login. }", nobody(), "ReconnectNeeded"),
        ("end: { then: transient, reason: Bakery failed for now. }", nobody(), "Transient"),
        ("end: { then: rate_limited, reason: Bakery accepts no more calls. }", nobody(), "RateLimited"),
    ] {
        let setback = is_off(missing, reply).await.0.unwrap_err();
        assert!(format!("{setback:?}").starts_with(kind), "{missing}: {setback:?}");
    }
}

#[tokio::test]
async fn a_rejection_has_the_fix_that_the_file_names() {
    let ended = |end: &str| {
        with(&[("missing: [already: The contact is unknown to Bakery.]", &format!("missing: [end: {end}]"))])
    };
    for (end, fix) in [
        ("{ then: rejected, fix: contact, reason: The contact unsubscribed. }", Some(Fix::Contact)),
        ("{ then: rejected, reason: The contact unsubscribed. }", None),
        ("{ then: address_rejected }", Some(Fix::Contact)),
        ("{ then: gone, what: list }", Some(Fix::Rule)),
    ] {
        let (connector, _stub) = connected(&ended(end), vec![Reply::json(200, json!({ "data": [] }))]).await;
        let job = job("bakery".parse::<App>().unwrap(), "remove_from_list", json!({ "list_id": "l1" }));
        let Outcome::Failed(rejected @ Setback::Rejected { .. }) =
            attempt(&connector, &job, credentials(), 1).await
        else {
            panic!("{end}");
        };
        assert_eq!(rejected.into_reason().fix, fix, "{end}");
    }
    let wrong = ended("{ then: reconnect, fix: rule, reason: Bakery refused the login. }");
    let error = file::read(&wrong).unwrap_err().to_string();
    assert!(error.contains("`fix` is for `rejected`"), "{error}");
}
