//! The requests of each action, and the outcome of each of Kajabi's responses.
//!
//! Paths, fields, types and statuses follow the vendor's `openapi.yaml`, version 1.1.0
//! (<https://developers.kajabi.com>); those of the activation URLs follow the help page named in `activation.rs`.

mod activation;
mod token;

use connector::testing::{Received, Reply, Wire, assert_told, job, lines};
use domain::app::App;
use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::Outcome;
use kajabi::Kajabi;
use serde_json::{Value, json};

const ACTIVATE: &str = "https://checkout.kajabi.com/webhooks/offers/s3cretT0ken/123/activate";
const DEACTIVATE: &str = "https://checkout.newkajabi.com/webhooks/offers/0therT0ken/123/deactivate";
const SEARCH: &str = "filter%5Bsite_id%5D=7&filter%5Bsearch%5D=ada%40example.com&fields%5Bcontacts%5D=email&page%5Bnumber%5D=1&page%5Bsize%5D=50";
const CONTAINS: &str = "filter%5Bsite_id%5D=7&filter%5Bemail_contains%5D=ada%40example.com&fields%5Bcontacts%5D=email&page%5Bnumber%5D=1&page%5Bsize%5D=50";

fn api() -> Value {
    json!({"client_id": "key-1", "client_secret": "s3cret"})
}

fn url() -> Value {
    json!({"activate_url": ACTIVATE})
}

fn grant() -> Job {
    job(App::KAJABI, "grant_offer", json!({"offer_id": "123", "send_welcome_email": true}))
}

fn quiet() -> Job {
    job(App::KAJABI, "grant_offer", json!({"offer_id": "123", "send_welcome_email": false}))
}

fn revoke() -> Job {
    job(App::KAJABI, "revoke_offer", json!({"offer_id": "123"}))
}

/// The vendor's media type.
fn document(status: u16, body: &Value) -> Reply {
    Reply::text(status, &body.to_string()).header("content-type", "application/vnd.api+json")
}

/// `errors_attributes`
fn problem(status: u16, title: &str, detail: &str, pointer: Option<&str>) -> Reply {
    let source = pointer.map(|pointer| json!({"pointer": pointer}));
    let error = json!({"status": status.to_string(), "source": source, "title": title, "detail": detail});
    document(status, &json!({"errors": [error]}))
}

/// `oauth_token_response`
fn token(access: &str) -> Reply {
    let body =
        json!({"access_token": access, "refresh_token": "r", "token_type": "Bearer", "expires_in": 7200});
    Reply::json(200, body)
}

/// `offers_show_response`
fn offer() -> Reply {
    let relationships = json!({"site": {"data": {"id": "7", "type": "sites"}}, "products": {"data": []}});
    let attributes = json!({"title": "Course"});
    let data =
        json!({"id": "123", "type": "offers", "attributes": attributes, "relationships": relationships});
    document(200, &json!({"data": data}))
}

/// `contacts_index_response`, with ids and addresses.
fn contacts(found: &[(&str, &str)], next: Option<&str>) -> Reply {
    let contact =
        |(id, email): &(&str, &str)| json!({"id": id, "type": "contacts", "attributes": {"email": email}});
    let data: Vec<Value> = found.iter().map(contact).collect();
    document(
        200,
        &json!({"data": data, "links": {"self": "https://api.kajabi.com/v1/contacts", "next": next}}),
    )
}

fn ada() -> Reply {
    contacts(&[("8", "Ada.ada@example.com"), ("9", "ADA@example.com")], None)
}

fn nobody() -> Reply {
    contacts(&[("8", "ada@example.com.au")], None)
}

/// `contacts_relationships_tags_response`
fn their_offers() -> Reply {
    document(200, &json!({"data": [{"type": "offers", "id": "123"}], "links": {"self": "…"}}))
}

fn created() -> Reply {
    let attributes = json!({"name": "Ada Lovelace", "email": "ada@example.com", "external_user_id": null});
    document(201, &json!({"data": {"id": "10", "type": "contacts", "attributes": attributes}}))
}

fn taken() -> Reply {
    problem(422, "Unprocessable", "has already been taken", Some("/data/attributes/email"))
}

fn wire(credentials: Value) -> Wire<Kajabi> {
    Wire::new(Kajabi::new, credentials, "/kajabi")
}

async fn with(credentials: Value, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    wire(credentials).perform(job, replies).await
}

/// Performs the job through the API, starting with a request for an access token.
async fn perform(job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    with(api(), job, [vec![token("t1")], replies].concat()).await
}

#[tokio::test]
async fn grant_offer_to_a_contact_who_is_there() {
    let (outcome, received) = perform(&grant(), vec![offer(), ada(), their_offers()]).await;
    assert_eq!(outcome, Outcome::DONE);
    let search = format!("GET /v1/contacts?{SEARCH}");
    assert_eq!(
        lines(&received),
        ["POST /v1/oauth/token", "GET /v1/offers/123", &search, "POST /v1/contacts/9/relationships/offers"]
    );
    assert_eq!(received[0].header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(received[0].body, b"grant_type=client_credentials&client_id=key-1&client_secret=s3cret");
    for request in &received[1..] {
        assert_eq!(request.header("authorization"), "Bearer t1");
        assert_eq!(request.header("accept"), "application/vnd.api+json");
        let media_type = if request.method == "GET" { "" } else { "application/vnd.api+json" };
        assert_eq!(request.header("content-type"), media_type);
    }
    assert_eq!(
        received[3].json(),
        json!({"data": [{"type": "offers", "id": "123"}], "meta": {"send_customer_welcome_email": true}})
    );
}

#[tokio::test]
async fn grant_offer_to_somebody_new_creates_the_contact_on_the_offers_site() {
    // An SDK expects 204 for the grant.
    let (outcome, received) =
        perform(&quiet(), vec![offer(), nobody(), nobody(), created(), Reply::status(204)]).await;
    assert_eq!(outcome, Outcome::DONE);
    let searches = [SEARCH, CONTAINS].map(|query| format!("GET /v1/contacts?{query}"));
    assert_eq!(lines(&received)[2..4], searches);
    assert_eq!(lines(&received)[4..], ["POST /v1/contacts", "POST /v1/contacts/10/relationships/offers"]);
    assert_eq!(received[4].header("content-type"), "application/vnd.api+json");
    let attributes = json!({"name": "Ada Lovelace", "email": "ada@example.com"});
    let relationships = json!({"site": {"data": {"type": "sites", "id": "7"}}});
    assert_eq!(
        received[4].json(),
        json!({"data": {"type": "contacts", "attributes": attributes, "relationships": relationships}})
    );
    assert_eq!(received[5].json()["meta"], json!({"send_customer_welcome_email": false}));
}

#[tokio::test]
async fn a_contact_that_cannot_be_created_is_looked_for_again() {
    let replies = vec![offer(), nobody(), nobody(), taken(), nobody(), ada(), their_offers()];
    let (outcome, received) = perform(&grant(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[6], format!("GET /v1/contacts?{CONTAINS}"));
    assert_eq!(lines(&received)[7], "POST /v1/contacts/9/relationships/offers");
    let undeliverable = problem(422, "Unprocessable", "is undeliverable", Some("/data/attributes/email"));
    let replies = vec![offer(), nobody(), nobody(), undeliverable, nobody(), nobody()];
    let (outcome, received) = perform(&grant(), replies).await;
    assert_told(&outcome, "rejected", ": email: is undeliverable", "undeliverable");
    assert_eq!(received.len(), 7);
}

#[tokio::test]
async fn a_name_that_kajabi_rejects_costs_no_buyer() {
    let rejected = problem(422, "Unprocessable", "is too long", Some("/data/attributes/name"));
    // The next attempt finds the contact, so a failed attempt reports the note too.
    for (last, kind) in [(their_offers(), "done"), (Reply::status(500), "retry")] {
        let replies = vec![offer(), nobody(), nobody(), rejected.clone(), created(), last];
        let (outcome, received) = perform(&grant(), replies).await;
        assert_told(&outcome, kind, "`name` was rejected and left out: is too long", "note");
        assert_eq!(received[5].json()["data"]["attributes"], json!({"email": "ada@example.com"}));
    }
}

#[tokio::test]
async fn revoke_offer_is_a_delete_with_a_body() {
    let (outcome, received) = perform(&revoke(), vec![offer(), ada(), their_offers()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[3], "DELETE /v1/contacts/9/relationships/offers");
    assert_eq!(received[3].header("content-type"), "application/vnd.api+json");
    assert_eq!(received[3].json(), json!({"data": [{"type": "offers", "id": "123"}]}));
    let (outcome, received) = perform(&revoke(), vec![offer(), nobody(), ada(), their_offers()]).await;
    assert_eq!((outcome, received.len()), (Outcome::DONE, 5));
    let (outcome, received) = perform(&revoke(), vec![offer(), nobody(), nobody()]).await;
    assert_told(&outcome, "already so", "not in Kajabi", "absent");
    assert_eq!(
        lines(&received)[2..],
        [format!("GET /v1/contacts?{SEARCH}"), format!("GET /v1/contacts?{CONTAINS}")]
    );
}

#[tokio::test]
async fn people_are_written_as_they_are() {
    // address, address in a query, first and last name, name sent to the API, name sent to an activation URL
    for (email, encoded, first, last, name, called) in [
        (
            " Ada+Shop@Example.COM",
            "Ada%2BShop%40Example.COM",
            Some("Zoë"),
            Some("Ångström-李"),
            json!("Zoë Ångström-李"),
            "Zoë Ångström-李",
        ),
        ("ada@example.com", "ada%40example.com", Some(" Ada "), None, json!("Ada"), "Ada"),
        (
            "ada@example.com",
            "ada%40example.com",
            Some(" "),
            Some(r#"O"Neil"#),
            json!(r#"O"Neil"#),
            r#"O"Neil"#,
        ),
        ("ada@example.com", "ada%40example.com", None, None, Value::Null, "ada@example.com"),
    ] {
        let mut job = grant();
        job.contact.email = email.to_owned();
        job.contact.first_name = first.map(str::to_owned);
        job.contact.last_name = last.map(str::to_owned);
        let (outcome, received) =
            perform(&job, vec![offer(), nobody(), nobody(), created(), their_offers()]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert!(received[2].target.contains(&format!("search%5D={encoded}&")), "{}", received[2].target);
        let attributes = &received[4].json()["data"]["attributes"];
        assert_eq!((&attributes["email"], &attributes["name"]), (&json!(email.trim()), &name));
        let (_, received) = with(url(), &job, vec![Reply::status(200)]).await;
        let id = email.trim().to_lowercase();
        let expected = json!({"name": called, "email": email.trim(), "external_user_id": id});
        assert_eq!(received[0].json(), expected);
    }
    let other_letters = contacts(&[("9", "ada+SHOP@example.com")], None);
    let mut job = grant();
    "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
    let (_, received) = perform(&job, vec![offer(), other_letters, their_offers()]).await;
    assert_eq!(lines(&received)[3], "POST /v1/contacts/9/relationships/offers");
}

#[tokio::test]
async fn a_search_goes_on_until_it_finds_the_address_or_ends() {
    let more = || contacts(&[("1", "eva@example.com")], Some("https://api.kajabi.com/v1/contacts?page=2"));
    let (outcome, received) = perform(&grant(), vec![offer(), more(), ada(), their_offers()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert!(received[3].target.contains("page%5Bnumber%5D=2&"), "{}", received[3].target);
    let endless = (0..30).map(|_| more()).collect::<Vec<_>>();
    let (_, received) = perform(&revoke(), [vec![offer()], endless].concat()).await;
    assert_eq!(received.len(), 2 + 10 + 10);
}

#[tokio::test]
async fn sites_are_pulled_page_by_page() {
    let page = |title: &str, next: Option<&str>| {
        let site = json!({"id": "7", "type": "sites", "attributes": {"title": title}});
        document(200, &json!({"data": [site], "links": {"next": next}}))
    };
    let more = Some("https://api.kajabi.com/v1/sites?page=2");
    let replies = vec![token("t1"), page("One", more), page("Two", None)];
    let (identity, received) = wire(api()).identify(replies).await;
    assert_eq!(identity.unwrap().account.as_deref(), Some("One, Two"));
    assert!(received[2].target.contains("page%5Bnumber%5D=2"));
}

#[tokio::test]
async fn an_offer_that_names_no_site_is_on_the_only_one() {
    let bare = || document(200, &json!({"data": {"id": "123", "type": "offers", "attributes": {}}}));
    let sites = |ids: &[&str]| {
        let site = |id: &&str| json!({"id": id, "type": "sites", "attributes": {"title": "T"}});
        document(200, &json!({"data": ids.iter().map(site).collect::<Vec<_>>()}))
    };
    let (outcome, received) = perform(&grant(), vec![bare(), sites(&["7"]), ada(), their_offers()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[3], format!("GET /v1/contacts?{SEARCH}"));
    for several in [&["7", "8"][..], &[]] {
        let (outcome, _) = perform(&grant(), vec![bare(), sites(several)]).await;
        assert_told(&outcome, "rejected", "which of the account's sites", "several");
    }
}

#[tokio::test]
async fn a_page_is_the_answer_of_no_request() {
    for (job, replies) in [
        (grant(), vec![token("t1"), offer(), ada(), their_offers()]),
        (quiet(), vec![token("t1"), offer(), nobody(), nobody(), created(), Reply::status(204)]),
        (revoke(), vec![token("t1"), offer(), ada(), their_offers()]),
    ] {
        wire(api()).takes_no_page(&job, &replies).await;
    }
    for job in [grant(), revoke()] {
        wire(url()).takes_no_page(&job, &[Reply::status(200)]).await;
    }
}

#[tokio::test]
async fn every_answer_of_the_api_has_its_outcome() {
    let own = [
        ("bad request", problem(400, "Bad Request", "Nope.", None), "rejected", ": Nope."),
        ("title only", document(400, &json!({"errors": [{"title": "Odd"}]})), "rejected", ": Odd"),
        ("forbidden", problem(403, "Forbidden", "Not allowed", None), "reconnect", "Not allowed"),
        ("gone", problem(404, "Not found", "", None), "not yet", "no longer finds the contact or the offer"),
        ("gone, bare", Reply::status(404), "not yet", "no longer finds the contact or the offer"),
        ("semantics", problem(422, "Unprocessable", "No.", None), "rejected", ": No."),
        ("maintenance, said", problem(503, "Unavailable", "", None), "retry", "503"),
    ];
    for job in [grant(), revoke()] {
        wire(api()).answers(&job, &[token("t1"), offer(), ada()], &own).await;
    }
    // Kajabi has just returned the offer and its site.
    let gone = problem(404, "Not found", "", None);
    for before in [vec![offer()], vec![offer(), nobody(), nobody()]] {
        let (outcome, _) = perform(&grant(), [before, vec![gone.clone()]].concat()).await;
        assert_told(&outcome, "not yet", "Kajabi no longer finds the offer's site.", "the site");
    }
    for replies in [
        vec![Reply::text(200, "<html>")],
        vec![offer(), Reply::text(200, "<html>")],
        vec![offer(), nobody(), nobody(), Reply::text(201, "<html>")],
    ] {
        assert_told(&perform(&grant(), replies).await.0, "retry", "cannot be read", "garbage");
    }
    let no_site = problem(400, "Bad Request", "Site relationship is required", None);
    let (outcome, _) = perform(&grant(), vec![offer(), nobody(), nobody(), no_site]).await;
    assert_told(&outcome, "rejected", "Site relationship is required", "no site");
}

#[tokio::test]
async fn an_unknown_offer_is_told_from_a_key_that_may_see_none() {
    let forbidden = || problem(403, "Forbidden", "insufficient permission", None);
    for job in [grant(), revoke()] {
        let (outcome, received) = perform(&job, vec![problem(404, "Not found", "", None)]).await;
        assert_told(&outcome, "rejected", "Choose Refresh", "absent");
        assert_eq!(received.len(), 2);
        let (outcome, received) = perform(&job, vec![forbidden(), document(200, &json!({"data": []}))]).await;
        assert_told(&outcome, "rejected", "Choose Refresh", "another account's");
        assert_eq!(lines(&received)[2], "GET /v1/offers?page%5Bnumber%5D=1&page%5Bsize%5D=1");
        let (outcome, _) = perform(&job, vec![forbidden(), forbidden()]).await;
        assert_told(&outcome, "reconnect", "permissions", "no permission");
    }
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_short() {
    for (credentials, before) in [(api(), vec![token("t1")]), (url(), vec![])] {
        let named = Reply::status(429).header("retry-after", "120");
        wire(credentials).waits(&grant(), &before, [(Reply::status(429), 30), (named, 120)]).await;
    }
}

#[tokio::test]
async fn offers_are_pulled_page_by_page() {
    let page = |offers: Value, next: Option<&str>| {
        document(200, &json!({"data": offers, "links": {"next": next}, "meta": {"total": 3}}))
    };
    let entry = |id: &str, attributes: Value| json!({"id": id, "type": "offers", "attributes": attributes});
    let first = json!([
        entry("1", json!({"title": "Course", "internal_title": "course_2026"})),
        entry("2", json!({"title": "Course", "internal_title": null})),
    ]);
    let second = json!([
        entry("3", json!({"title": "Käse & Wein", "internal_title": "Käse & Wein"})),
        entry("4", json!({"title": " "})),
    ]);
    let replies = vec![token("t1"), page(first, Some("https://elsewhere.example/")), page(second, None)];
    let (items, received) = wire(api()).options("offers", replies).await;
    let expected = [("1", "Course (course_2026)"), ("2", "Course"), ("3", "Käse & Wein"), ("4", "Offer 4")];
    assert_eq!(items.unwrap(), expected.map(|(value, label)| OptionItem::new(value, label)));
    let pages = [1, 2].map(|number| {
        format!(
            "GET /v1/offers?fields%5Boffers%5D=title%2Cinternal_title&page%5Bnumber%5D={number}&page%5Bsize%5D=50"
        )
    });
    assert_eq!(lines(&received)[1..], pages);
    let (items, received) = wire(url()).options("offers", vec![]).await;
    assert_eq!(items, Ok(vec![OptionItem::new("123", "Offer 123")]));
    assert_eq!(received, []);
}

#[tokio::test]
async fn the_connection_is_tested_by_the_names_of_the_sites() {
    let site = |title: &str| json!({"id": "7", "type": "sites", "attributes": {"title": title}});
    let sites = document(200, &json!({"data": [site("Ada's Academy"), site("Second")]}));
    let forbidden = problem(403, "Forbidden", "insufficient permission", None);
    let tested = async |reply| wire(api()).identify(vec![token("t1"), reply]).await;
    let (identity, received) = tested(sites).await;
    assert_eq!(identity.unwrap().account.as_deref(), Some("Ada's Academy, Second"));
    assert_eq!(
        lines(&received)[1],
        "GET /v1/sites?fields%5Bsites%5D=title&page%5Bnumber%5D=1&page%5Bsize%5D=50"
    );
    let (identity, _) = tested(document(200, &json!({"data": []}))).await;
    assert_eq!(identity.unwrap().account, None);
    for (reply, kind, words) in [
        (forbidden, "reconnect", "permissions"),
        (problem(404, "Not found", "No sites", None), "rejected", "Kajabi rejected the request: No sites |"),
        (Reply::text(404, "<html>"), "retry", "cannot be read"),
    ] {
        assert_told(&tested(reply).await.0.unwrap_err(), kind, words, words);
    }
    let (identity, received) = wire(url()).identify(vec![]).await;
    assert_eq!(identity.unwrap().account.as_deref(), Some("Offer 123"));
    assert_eq!(received, []);
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let job = |action: &str, settings: Value| job(App::KAJABI, action, settings);
    let no_offer = || job("grant_offer", json!({}));
    let other = job("revoke_offer", json!({"offer_id": "124"}));
    let elsewhere = "https://checkout.kajabi.com.evil.example/webhooks/offers/s3cret/123/activate";
    let others = "https://checkout.kajabi.com/webhooks/offers/s3cret/124/deactivate";
    let urls =
        |activate: &str, deactivate: &str| json!({"activate_url": activate, "deactivate_url": deactivate});
    let wire = wire(api());
    let all = wire.unsent([
        (no_offer(), api(), "rejected", "`offer_id`"),
        (no_offer(), url(), "rejected", "`offer_id`"),
        (other, url(), "rejected", "of offer 123, but the rule names another"),
        (grant(), json!({}), "reconnect", "`client_id`"),
        (grant(), json!({"client_id": "key-1"}), "reconnect", "`client_secret`"),
        (grant(), json!({"activate_url": elsewhere}), "reconnect", "not a URL of Kajabi"),
        (revoke(), urls(ACTIVATE, ACTIVATE), "reconnect", "deactivation"),
        (grant(), urls(ACTIVATE, others), "reconnect", "two offers"),
        (job("grant_offer", json!({"offer_id": ".."})), api(), "rejected", "`..` is not a valid id"),
    ]);
    Box::pin(all).await;
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let job = |action: &str| job(App::KAJABI, action, json!({"offer_id": "123"}));
    wire(api()).keeps_the_manifest(job, &[token("t1"), document(200, &json!({"data": []}))]).await;
}
