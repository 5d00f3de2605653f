//! Hostile definitions are refused, and hostile values and answers are harmless. Each case changes the example of the
//! documentation.
#![expect(clippy::expect_used, reason = "in a test")]

use std::fs;
use std::path::Path;
use std::sync::Once;

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{
    Received, Reply, Stub, assert_told, attempt, job, lines, options, previewed_lines, previews,
};
use declared::definition::Definition;
use declared::{Declared, file};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn example() -> String {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("the page");
    let (_, rest) = text.split_once("```yaml\n").expect("an example");
    rest.split_once("```").expect("its end").0.to_owned()
}

/// The example with one text in the place of another.
fn with(old: &str, new: &str) -> String {
    let text = example();
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1)
}

/// Adds the example to the catalog of this process.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let (_, json) = file::read(&example()).expect("a definition");
        Catalog::install(&format!("[{json}]")).expect("a catalog");
    });
}

fn read(text: &str) -> Definition {
    install();
    file::read(text).unwrap_or_else(|error| panic!("{error}")).0
}

fn credentials() -> Value {
    json!({ "shop": "my-shop", "access_token": "t0ken-t0ken" })
}

fn act(action: &str, settings: Value) -> Job {
    install();
    job("bakery".parse::<App>().expect("the example"), action, settings)
}

async fn perform(text: &str, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    let stub = Stub::start(replies).await.expect("a port");
    let connector = Declared::of(read(text), &stub.settings()).expect("a connector");
    let outcome = attempt(&connector, job, credentials(), 1).await;
    (outcome, stub.received())
}

fn ada() -> Reply {
    Reply::json(200, json!({ "data": [{ "id": "p1", "email": "ada@example.com" }] }))
}

/// A hostile definition: its kind, its text and a part of the error.
type Case = (&'static str, String, &'static str);

/// Definitions that send a credential to another place.
fn leaking() -> Vec<Case> {
    const ORIGIN: &str = "  origin: \"https://{account.shop}.bakery.example\"";
    const SALE: &str = "            product: \"{line.product_id}\"";
    const IDENTIFY: &str = "- request: { path: [shop], capture: { name: /shop/name } }";
    let secret = "{credential.access_token}";
    vec![
        (
            "a secret in a path",
            with("  path: [api, v1]", &format!("  path: [\"{secret}\"]")),
            "call.path[0]: a credential",
        ),
        (
            "a secret in a header",
            with("{ Accept: application/json }", &format!("{{ A: \"{secret}\" }}")),
            "only be in `auth`",
        ),
        (
            "a secret in a query",
            with("query: { email: \"{contact.email}\" }", &format!("query: {{ e: \"{secret}\" }}")),
            "only be in `auth`",
        ),
        (
            "a secret in a body",
            with(SALE, &format!("            product: \"{secret}\"")),
            "only be in `auth`",
        ),
        (
            "a secret in a name",
            with("account: \"{name}\"", &format!("account: \"{secret}\"")),
            "only be in `auth`",
        ),
        (
            "a secret in a note",
            with("- note: Bakery had", &format!("- note: \"{secret}\" #")),
            "only be in `auth`",
        ),
        (
            "a secret in a reason",
            with(
                "reason: Bakery knows the contact but does not return them yet.",
                &format!("reason: \"{secret}\""),
            ),
            "only be in `auth`",
        ),
        (
            "a secret in a value",
            with(IDENTIFY, &format!("- let: {{ name: \"{secret}\" }}")),
            "only be in `auth`",
        ),
        (
            "a secret as an account's value",
            with("account: \"{name}\"", "account: \"{account.access_token}\""),
            "does not exist",
        ),
        (
            "a secret in the origin",
            with(ORIGIN, &format!("  origin: \"https://{secret}.example\"")),
            "only be in `auth`",
        ),
        (
            "another method's secret",
            with("bearer: \"{credential.access_token}\"", "bearer: \"{credential.api_key}\""),
            "no credential of this method",
        ),
    ]
}

/// Definitions that take too much for an answer.
fn credulous() -> Vec<Case> {
    vec![
        ("a success that is anything", with("success: /ok", "success: \"\""), "a success has a status"),
        (
            "a question of both opposites",
            with("  blocks:\n", "  states: [add_to_list, remove_from_list]\n  blocks:\n"),
            "one of them answers for both",
        ),
        (
            "a question of a message",
            with("  blocks:\n", "  states: [record_sale]\n  blocks:\n"),
            "`record_sale` is no action that sets a state",
        ),
    ]
}

/// Definitions with an address, a place or a value of their own.
fn misleading() -> Vec<Case> {
    const PUT: &str =
        "path: [lists, \"{setting.list_id}\", people, \"{person_id}\"], success: 204 }\n      - done:";
    const SALE: &str = "            product: \"{line.product_id}\"";
    const IDENTIFY: &str = "- request: { path: [shop], capture: { name: /shop/name } }";
    vec![
        (
            "a huge template",
            with(SALE, &format!("            product: \"{}\"", "{now}".repeat(2000))),
            "at most 4096 bytes",
        ),
        ("a filter that is code", with("{line.quantity}", "{line.quantity | eval}"), "no such filter"),
        ("an expression", with("{line.quantity}", "{line.quantity + 1}"), "is not the path"),
        (
            "a header of the connection",
            with("{ Accept: application/json }", "{ Host: evil.example }"),
            "set by the engine",
        ),
        (
            "a line break in a header",
            with("{ Accept: application/json }", "{ A: \"b\\r\\nEvil: c\" }"),
            "line break",
        ),
        (
            "a name of the engine's",
            with("capture: { name: /shop/name }", "capture: { account: /shop/name }"),
            "meaning of its own",
        ),
        (
            "a value that may be missing",
            with(PUT, "path: [\"{unknown}\"] }\n      - done:"),
            "is not captured",
        ),
        (
            "no end",
            with(
                "      - request: { method: PUT, path: [lists, \"{setting.list_id}\", people, \"{person_id}\"], success: 204 }\n      - done:\n",
                "",
            ),
            "without an outcome",
        ),
        (
            "steps after the end",
            with(
                IDENTIFY,
                &format!("{IDENTIFY}\n      - end: {{ then: transient }}\n      - let: {{ a: b }}"),
            ),
            "never reached",
        ),
        (
            "an outcome of nothing",
            with("      - use: find_or_create\n", "      - end: { then: as_answered }\n"),
            "only be in steps of `on`",
        ),
        (
            "pages of nothing",
            with("size_parameter: limit, size: 100", "size_parameter: limit, size: 0"),
            "at least one entry",
        ),
        ("a status of no answer", with("status: 401", "status: 700"), "a status is"),
        (
            "two bodies",
            with("          path: [sales]\n", "          path: [sales]\n          form: { a: b }\n"),
            "two bodies",
        ),
        (
            "a condition of a secret",
            with(
                SALE,
                "            product: { $when: { value: \"{credential.access_token}\", present: true }, $value: a }",
            ),
            "only be in `auth`",
        ),
        (
            "a value without its condition",
            with(SALE, "            product: { $value: a }"),
            "`$value` needs `$when`",
        ),
        (
            "two steps in one",
            with("- use: find_or_create\n", "- { use: find_or_create, done: }\n"),
            "a step is one of",
        ),
        (
            "a condition of no step",
            with("- use: find_or_create\n", "- { when: { value: \"{now}\", present: true } }\n"),
            "a step is one of",
        ),
        (
            "a page in a body that there is none of",
            with("parameter: after, next", "parameter: /after, next"),
            "the request needs an object in `json`",
        ),
        ("a pattern that is none", with("^[a-z0-9-]{1,40}$", "(("), "not a regular expression"),
    ]
}

/// Definitions that are too large, or no definitions.
fn overloading() -> Vec<Case> {
    const ORIGIN: &str = "  origin: \"https://{account.shop}.bakery.example\"";
    let bomb = (0..20).fold("  a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        text + &format!("  a{}: &a{} [*a{n}, *a{n}, *a{n}, *a{n}]\n", n + 1, n + 1)
    });
    let many = "      - let: { a: b }\n".repeat(200);
    vec![
        ("nested aliases", with("call:\n", &format!("call:\n{bomb}")), "too many values or aliases"),
        (
            "depth",
            with("  path: [api, v1]", &format!("  path: {}{}", "[".repeat(60), "]".repeat(60))),
            "nested more than 32 deep",
        ),
        (
            "a large text",
            with("description: Adds", &format!("description: {}", "x".repeat(300 << 10))),
            "bytes",
        ),
        ("a field twice", with("  path: [api, v1]", "  path: [api]\n  path: [v1]"), "path"),
        (
            "an unknown field",
            with("{ path: [shop],", "{ follow_redirects: true, path: [shop],"),
            "follow_redirects",
        ),
        ("no TLS", with(ORIGIN, "  origin: http://bakery.example"), "not an https origin"),
        ("a path in the origin", with(ORIGIN, "  origin: https://bakery.example/a"), "not an https origin"),
        ("a user in the origin", with(ORIGIN, "  origin: https://u:p@bakery.example"), "not an https origin"),
        (
            "an origin without a pattern",
            with("        pattern: \"^[a-z0-9-]{1,40}$\"\n", ""),
            "needs a `pattern`",
        ),
        (
            "recursion",
            with("    find_or_create:\n", "    find_or_create:\n      - use: find_or_create\n"),
            "nested more than",
        ),
        (
            "a condition of itself",
            with("  blocks:\n", "  conditions: { a: { not: { holds: a } } }\n  blocks:\n"),
            "uses itself",
        ),
        ("many steps", with("    record_sale:\n", &format!("    record_sale:\n{many}")), "at most 120 steps"),
    ]
}

#[test]
fn a_hostile_definition_is_refused_with_its_place() {
    install();
    for (case, text, told) in [leaking(), credulous(), misleading(), overloading()].concat() {
        match file::read(&text) {
            Ok(_) => panic!("{case} was accepted"),
            Err(error) => assert!(error.to_string().contains(told), "{case}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_buyers_name_is_a_value_and_never_a_template() {
    for name in [
        "{credential.access_token}",
        "{{now}}",
        "}{",
        "\"}, \"admin\": {\"a\": \"b",
        "a\r\nEvil: b",
        "<script>",
    ] {
        let mut job = act("add_to_list", json!({ "list_id": "l1" }));
        job.contact.first_name = Some(name.to_owned());
        let nobody = Reply::json(200, json!({ "data": [] }));
        let made = Reply::json(200, json!({ "person": { "id": "{credential.access_token}" } }));
        let (outcome, received) = perform(&example(), &job, vec![nobody, made, Reply::status(204)]).await;
        assert_told(&outcome, "done", "one was created", name);
        assert_eq!(received[1].json()["name"], json!({ "first": name.trim(), "last": "Lovelace" }));
        assert_eq!(received[1].json().as_object().map(serde_json::Map::len), Some(2), "{name}");
        let path = "PUT /bakery/api/v1/lists/l1/people/%7Bcredential.access_token%7D";
        assert_eq!(received[2].line(), path, "the answer's text is no template either");
    }
}

#[tokio::test]
async fn a_setting_stays_a_segment_of_the_path() {
    for (id, segment) in [
        ("../../admin", "..%2F..%2Fadmin"),
        ("l1?admin=true", "l1%3Fadmin=true"),
        ("l1#x", "l1%23x"),
        ("%2e%2e", "%252e%252e"),
    ] {
        let job = act("add_to_list", json!({ "list_id": id }));
        let (outcome, received) = perform(&example(), &job, vec![ada(), Reply::status(204)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(received[1].line(), format!("PUT /bakery/api/v1/lists/{segment}/people/p1"));
    }
    for id in [".", ".."] {
        let job = act("add_to_list", json!({ "list_id": id }));
        let (outcome, received) = perform(&example(), &job, vec![ada()]).await;
        assert_told(&outcome, "rejected", "not a valid id", id);
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn a_value_with_a_line_break_is_in_no_header() {
    let text = with("{ Accept: application/json }", "{ X-Shop: \"{account.shop}\" }");
    let text = text.replacen(
        "query: { email: \"{contact.email}\" }",
        "headers: { X-Name: \"{contact.first_name}\" }",
        1,
    );
    let mut job = act("add_to_list", json!({ "list_id": "l1" }));
    job.contact.first_name = Some("a\r\nEvil: b".to_owned());
    let (outcome, received) = perform(&text, &job, vec![]).await;
    assert_told(&outcome, "rejected", "`X-Name` cannot be sent", "a header");
    assert_eq!(received, []);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_web_page_is_no_success() {
    let elsewhere = Reply::status(307).header("location", "https://evil.example/");
    for reply in [elsewhere, Reply::text(200, "<html>Log in</html>"), Reply::text(204, ""), Reply::Trickle] {
        let job = act("add_to_list", json!({ "list_id": "l1" }));
        let (outcome, received) = perform(&example(), &job, vec![reply.clone()]).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{reply:?}: {outcome:?}");
        assert_eq!(lines(&received).len(), 1);
    }
}

#[tokio::test]
async fn a_search_without_an_end_ends() {
    let text = with(
        "          request: { path: [people], query: { email: \"{contact.email}\" } }\n",
        "          request: { path: [people] }\n          paging: { cursor: { parameter: after, next: /next } }\n",
    );
    let pages = (0..60)
        .map(|n| Reply::json(200, json!({ "data": [{ "id": n, "email": "x@example.com" }], "next": n })));
    let job = act("add_to_list", json!({ "list_id": "l1" }));
    let (outcome, received) = perform(&text, &job, pages.collect()).await;
    assert_told(&outcome, "rejected", "more than 40 requests", "pages");
    assert_eq!(received.len(), 40);
}

#[tokio::test]
async fn the_next_page_is_at_the_apps_own_origin() {
    let paging = "paging: { cursor: { parameter: after, next: /next, size_parameter: limit, size: 100 } }";
    let text = with(paging, "paging: { link: { next: /next } }");
    for next in [
        "https://evil.example/lists",
        "//evil.example/lists",
        "http://169.254.169.254/",
        "https://my-shop.bakery.example:8443/lists",
        "https://other-shop.bakery.example/lists",
    ] {
        let page = Reply::json(200, json!({ "data": [{ "id": "l1", "name": "Bread" }], "next": next }));
        let stub = Stub::start(vec![page]).await.expect("a port");
        let connector = Declared::of(read(&text), &stub.settings()).expect("a connector");
        let refused = options(&connector, credentials(), "lists").await.expect_err(next);
        assert_told(&refused, "retry", "cannot be read", next);
        assert_eq!(stub.received().len(), 1, "{next}");
    }
}

#[tokio::test]
async fn a_preview_needs_no_credential_of_the_right_form_and_shows_none() {
    fn bakery(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
        Declared::of(read(&with("pattern: \"^\\\\S+$\"", "pattern: \"^s3cret-[0-9a-f]{8}$\"")), settings)
    }
    install();
    let credentials = json!({ "shop": "my-shop", "api_key": "s3cret-0123abcd" });
    let previews = previews(bakery, "api_key", credentials, &["s3cret"]).await;
    assert_eq!(previewed_lines(&previews["record_sale"]), ["POST /bakery/api/v1/sales"]);
    let lines = previewed_lines(&previews["add_to_list"]);
    assert_eq!(
        lines[1..],
        ["POST /bakery/api/v1/people", "PUT /bakery/api/v1/lists/7/people/{person.id of answer 2}"]
    );
}

#[tokio::test]
async fn a_private_address_is_not_called() {
    let origin = "\"https://{account.shop}.bakery.example\"";
    for (address, told) in [
        ("https://127.0.0.1", "not a public https address"),
        ("https://169.254.169.254", "not a public https address"),
        ("https://[::1]", "not a public https address"),
        ("https://2130706433", "not a public https address"),
        // A name whose address is private is refused by the resolver.
        ("https://localhost", "is not on the public internet"),
    ] {
        let connector =
            Declared::of(read(&with(origin, address)), &HttpSettings::default()).expect("a connector");
        let outcome =
            attempt(&connector, &act("add_to_list", json!({ "list_id": "l1" })), credentials(), 1).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{address}: {outcome:?}");
        assert!(connector::testing::told(&outcome).contains(told), "{address}: {outcome:?}");
    }
}
