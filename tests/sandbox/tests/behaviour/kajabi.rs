//! The stand-in against Kajabi's known behaviour.
use reqwest::{Method, StatusCode};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, answer};

const MEDIA_TYPE: &str = "application/vnd.api+json";
const ANN: &str = "/v1/contacts?filter[site_id]=501&filter[search]=ann@shop.test";
const ACTIVATE: &str = "/webhooks/offers/sandbox-701/701/activate";
const DEACTIVATE: &str = "/webhooks/offers/sandbox-701/701/deactivate";

/// A client of the API, with an access token.
struct Api<'a> {
    bench: &'a Bench,
    token: String,
}

impl Bench {
    async fn ask(&self, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}/kajabi/v1/oauth/token", self.sandbox.url());
        answer(self.client.post(url).form(form)).await
    }

    async fn api(&self) -> Api<'_> {
        let granted = self.ask(&pair("s3cret")).await.body;
        assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("Bearer"), &json!(7200)));
        Api { bench: self, token: granted["access_token"].as_str().unwrap().to_owned() }
    }

    async fn hook(&self, path: &str, body: &Value) -> (StatusCode, String) {
        let request = self.client.post(format!("{}/kajabi{path}", self.sandbox.url())).json(body);
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    fn plant(&self, seed: Value) {
        self.sandbox.seed("kajabi", seed).unwrap();
    }

    fn kajabi(&self) -> Value {
        self.sandbox.state("kajabi").unwrap()
    }
}

impl Api<'_> {
    fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/kajabi{path}", self.bench.sandbox.url());
        self.bench.client.request(method, url).bearer_auth(&self.token).header("accept", MEDIA_TYPE)
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.call(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        answer(self.call(method, path).header("content-type", MEDIA_TYPE).body(body.to_string())).await
    }

    async fn create(&self, body: Value) -> Answer {
        self.send(Method::POST, "/v1/contacts", body).await
    }
}

fn pair(secret: &str) -> [(&str, &str); 3] {
    [("grant_type", "client_credentials"), ("client_id", "key-1"), ("client_secret", secret)]
}

fn contact(email: impl Into<Value>) -> Value {
    let email: Value = email.into();
    let site = json!({ "data": { "type": "sites", "id": "501" } });
    let attributes = json!({ "name": "Ann", "email": email });
    json!({ "data": { "type": "contacts", "attributes": attributes, "relationships": { "site": site } } })
}

fn linkage(id: impl Into<Value>) -> Value {
    let id: Value = id.into();
    json!({ "data": [{ "type": "offers", "id": id }] })
}

/// An error document with this status, whose detail contains `detail`.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, detail: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let error = &answer.body["errors"][0];
    assert_eq!(error["status"], status.to_string());
    assert!(error["detail"].as_str().unwrap().contains(detail), "{}", answer.body);
    assert!(error["title"].is_string() && error.get("source").is_some());
    assert_eq!(answer.headers["content-type"], MEDIA_TYPE);
}

#[tokio::test]
async fn access_is_by_tokens_that_a_key_and_its_secret_earn() {
    let bench = Bench::new().await;
    for (form, status, error) in [
        (&pair("")[..], 401, "invalid_client"),
        (&[("grant_type", "password")][..], 400, "unsupported_grant_type"),
    ] {
        let refused = bench.ask(form).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]), (status, &json!(error)));
    }
    assert_eq!(bench.post("/kajabi/v1/oauth/token", json!({})).await.status, StatusCode::BAD_REQUEST);
    assert_problem(&bench.get("/kajabi/v1/me").await, 401, "missing or invalid");
    let api = bench.api().await;
    let me = api.get("/v1/me").await;
    assert_eq!(me.body["data"]["attributes"]["name"], "Ada Lovelace");
    assert_problem(&Api { bench: &bench, token: "made-up".into() }.get("/v1/me").await, 401, "");

    bench.sandbox.token("kajabi", &api.token, Standing::Expired).unwrap();
    assert_problem(&api.get("/v1/me").await, 401, "");
    let again = bench.api().await;
    assert_eq!(again.get("/v1/me").await.status, StatusCode::OK);
    bench.sandbox.token("kajabi", "s3cret", Standing::Revoked).unwrap();
    assert_problem(&again.get("/v1/me").await, 401, "");
    assert_eq!(bench.ask(&pair("s3cret")).await.body["error"], "invalid_client");
    bench.plant(json!({ "token_seconds": 0, "forbidden": ["offers"] }));
    let granted = bench.ask(&pair("0ther")).await.body;
    let over = Api { bench: &bench, token: granted["access_token"].as_str().unwrap().to_owned() };
    assert_problem(&over.get("/v1/me").await, 401, "");
    bench.sandbox.token("kajabi", &over.token, Standing::Valid).unwrap();
    assert_problem(&over.get("/v1/offers").await, 403, "permission");
    assert_eq!(bench.kajabi()["tokens_issued"], 3);
}

#[tokio::test]
async fn sites_and_offers_come_in_pages_and_with_the_fields_that_are_asked_for() {
    let bench = Bench::new().await;
    let api = bench.api().await;
    let first = api.get("/v1/offers?page[size]=2").await.body;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["meta"]["total_count"]), (2, &json!(3)));
    assert!(first["links"]["next"].as_str().unwrap().contains("page[number]=2"), "{first}");
    let last = api.get("/v1/offers?page[size]=2&page[number]=2&fields[offers]=title").await.body;
    assert_eq!((&last["links"]["next"], &last["data"][0]["id"]), (&Value::Null, &json!("703")));
    let (attributes, relationships) = (&last["data"][0]["attributes"], &last["data"][0]["relationships"]);
    assert_eq!((attributes, relationships), (&json!({ "title": "Demo coaching" }), &json!({})));
    assert_eq!(api.get("/v1/offers?filter[site_id]=502").await.body["meta"]["total_count"], 1);
    let one = api.get("/v1/offers/702").await.body;
    assert_eq!(one["data"]["attributes"]["internal_title"], "membership_monthly");
    assert_eq!(one["data"]["relationships"]["site"]["data"], json!({ "type": "sites", "id": "501" }));
    assert_problem(&api.get("/v1/offers/1").await, 404, "unknown");
    assert_problem(&api.get("/v1/offers?page[number]=0").await, 400, "positive");
    let sites = api.get("/v1/sites?fields[sites]=title").await.body;
    assert_eq!(sites["data"][0]["attributes"], json!({ "title": "Ada's Academy" }));
}

#[tokio::test]
async fn contacts_are_of_a_site_and_the_search_for_them_is_fuzzy() {
    let bench = Bench::new().await;
    let api = bench.api().await;
    let created = api.create(contact("Ann@Shop.test")).await;
    assert_eq!((created.status, &created.body["data"]["id"]), (StatusCode::CREATED, &json!("9001")));
    api.create(contact("joann@shop.test")).await;
    assert_problem(&api.create(contact("ann@shop.test")).await, 422, "already been taken");
    let found = api.get(ANN).await.body;
    let emails: Vec<_> =
        found["data"].as_array().unwrap().iter().map(|c| &c["attributes"]["email"]).collect();
    assert_eq!(emails, ["ann@shop.test", "joann@shop.test"]);
    let contains = "/v1/contacts?filter[site_id]=501&filter[email_contains]=JOANN@";
    assert_eq!(api.get(contains).await.body["meta"]["total_count"], 1);
    assert_eq!(api.get(&ANN.replace("501", "502")).await.body["data"], json!([]));
    assert_problem(&api.get("/v1/contacts?filter[search]=ann").await, 400, "multiple sites");
}

#[tokio::test]
async fn offers_are_granted_and_revoked_and_each_write_is_counted() {
    let bench = Bench::new().await;
    bench.plant(json!({ "contacts": [{ "site": "501", "email": "ann@shop.test" }] }));
    let api = bench.api().await;
    let path = "/v1/contacts/9001/relationships/offers";
    let mut quiet = linkage("702");
    quiet["meta"] = json!({ "send_customer_welcome_email": false });
    for (method, body, offers) in [
        (Method::POST, linkage("701"), &["701"][..]),
        (Method::POST, linkage("701"), &["701"]),
        (Method::POST, quiet, &["701", "702"]),
        (Method::DELETE, linkage("701"), &["702"]),
        (Method::DELETE, linkage("701"), &["702"]),
    ] {
        let done = api.send(method, path, body).await;
        assert_eq!(done.status, StatusCode::OK);
        let ids: Vec<_> = done.body["data"].as_array().unwrap().iter().map(|offer| &offer["id"]).collect();
        assert_eq!(ids, offers);
    }
    assert_eq!(api.get(path).await.body["data"], linkage("702")["data"]);
    let state = bench.kajabi();
    let ann = &state["contacts"][0];
    assert_eq!(ann["counts"], json!({ "granted": 3, "revoked": 2, "welcome_mail": 1 }));
    let changed: Vec<_> =
        ann["changes"].as_array().unwrap().iter().map(|change| &change["changed"]).collect();
    assert_eq!(changed, [true, true, false, true, true, false]);
    assert_eq!(state["totals"]["granted"], 3);
    let other = bench.get("/_state/kajabi?email=bob@shop.test").await.body;
    assert_eq!(other["contacts"], json!([]));
}

#[tokio::test]
async fn requests_are_validated() {
    let bench = Bench::new().await;
    bench.plant(json!({
        "contacts": [{ "site": "501", "email": "ann@shop.test" }], "undeliverable": ["Gone@shop.test"],
    }));
    let api = bench.api().await;
    let path = "/v1/contacts/9001/relationships/offers";
    for (body, status, detail) in [
        (linkage(701), 400, "id a string"),
        (json!({ "data": { "type": "offers", "id": "701" } }), 400, "list"),
        (json!({ "data": [{ "type": "offer", "id": "701" }] }), 400, "offers"),
        (linkage("703"), 404, ""),
        (linkage("1"), 404, ""),
    ] {
        assert_problem(&api.send(Method::POST, path, body.clone()).await, status, detail);
        assert_problem(&api.send(Method::DELETE, path, body).await, status, detail);
    }
    let mut loud = linkage("701");
    loud["meta"] = json!({ "send_customer_welcome_email": "yes" });
    assert_problem(&api.send(Method::POST, path, loud).await, 400, "boolean");
    let nobody = api.send(Method::POST, &path.replace("9001", "1"), linkage("701")).await;
    assert_problem(&nobody, 404, "");
    let plain = answer(api.call(Method::POST, path).json(&linkage("701"))).await;
    assert_problem(&plain, 415, MEDIA_TYPE);
    let bare = answer(api.call(Method::DELETE, path)).await;
    assert_problem(&bare, 415, MEDIA_TYPE);
    let me = bench.client.get(format!("{}/kajabi/v1/me", bench.sandbox.url())).bearer_auth(&api.token);
    assert_problem(&answer(me.header("accept", "application/json")).await, 406, MEDIA_TYPE);
    let mut siteless = contact("bob@shop.test");
    siteless["data"]["relationships"] = json!({});
    let mut typeless = contact("bob@shop.test");
    typeless["data"]["type"] = json!("contact");
    for (body, status, detail) in [
        (siteless, 400, "Site relationship is required"),
        (typeless, 400, "must be contacts"),
        (contact(Value::Null), 422, "can't be blank"),
        (contact("bob@"), 422, "is invalid"),
        (contact("gone@Shop.test"), 422, "undeliverable"),
        (contact(7), 422, "string"),
    ] {
        assert_problem(&api.create(body).await, status, detail);
    }
    assert_problem(&api.send(Method::PATCH, path, linkage("701")).await, 404, "");
    assert_eq!(bench.kajabi()["totals"], json!({}));
}

#[tokio::test]
async fn an_offers_own_webhooks_grant_and_revoke_by_the_members_id() {
    let bench = Bench::new().await;
    let ann = json!({ "name": "Ann", "email": "Ann@Shop.test", "external_user_id": "ann@shop.test" });
    let unknown = (StatusCode::UNPROCESSABLE_ENTITY, "Base: not found".to_owned());
    assert_eq!(bench.hook(DEACTIVATE, &ann).await, unknown);
    assert_eq!(bench.hook(ACTIVATE, &ann).await.0, StatusCode::OK);
    let again = bench.hook(&format!("{ACTIVATE}?send_offer_grant_email=true"), &ann).await;
    assert!(again.1.contains("already been granted"), "{again:?}");
    let mut other = ann.clone();
    other["external_user_id"] = json!("Ann@Shop.test");
    assert_eq!(bench.hook(ACTIVATE, &other).await.1, "Email: is already taken");
    assert_eq!(bench.hook(DEACTIVATE, &other).await, unknown);
    assert_eq!(bench.hook(DEACTIVATE, &ann).await.0, StatusCode::OK);
    assert!(bench.hook(DEACTIVATE, &ann).await.1.contains("Offer grant not found"));
    assert_eq!(bench.hook(&format!("{ACTIVATE}?send_offer_grant_email=true"), &ann).await.0, StatusCode::OK);
    let counts = json!({ "created": 1, "granted": 3, "revoked": 2, "welcome_mail": 1 });
    assert_eq!(bench.kajabi()["totals"], counts);

    let json =
        |name: &str, email: &str, id: &str| json!({ "name": name, "email": email, "external_user_id": id });
    for (path, body, status, words) in [
        (ACTIVATE, json(" ", "bob@shop.test", "b"), 422, "Name: can't be blank"),
        (ACTIVATE, json("Bob", "", "b"), 422, "Email: can't be blank"),
        (ACTIVATE, json("Bob", "bob", "b"), 422, "Email: is invalid"),
        (ACTIVATE, json!({ "name": "Bob", "email": "bob@shop.test" }), 422, "can't be blank"),
        ("/webhooks/offers/guessed/701/activate", json("Bob", "bob@shop.test", "b"), 404, ""),
        ("/webhooks/offers/sandbox-701/702/activate", json("Bob", "bob@shop.test", "b"), 404, ""),
    ] {
        let (answered, text) = bench.hook(path, &body).await;
        assert_eq!((answered.as_u16(), text.contains(words)), (status, true), "{text}");
    }
}

#[tokio::test]
async fn a_seed_is_planted_whole_or_not_at_all() {
    let bench = Bench::new().await;
    let site = json!([{ "id": "503", "title": "Third" }]);
    let offer = json!([{ "id": "704", "site": "503", "title": "New", "webhook_token": "t" }]);
    for (seed, words) in [
        (json!({ "sites": site, "contacts": [{ "site": "504", "email": "a@b.co" }] }), "no site `504`"),
        (json!({ "contacts": [{ "site": "501", "email": "unknown" }] }), "`unknown` is no address"),
        (json!({ "contacts": [{ "site": "501", "email": "a@b.co", "offers": ["1"] }] }), "no offer `1`"),
        (json!({ "offers": [{ "id": "704", "site": "503", "title": "New" }] }), "no site `503`"),
        (json!({ "tags": [] }), "tags"),
    ] {
        let refused = bench.sandbox.seed("kajabi", seed).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(bench.kajabi()["sites"].as_array().unwrap().len(), 2);
    let ann = json!([{ "site": "503", "email": "Ann@b.co", "name": "Ann", "offers": ["704"] }]);
    bench.plant(json!({ "sites": site, "offers": offer, "contacts": ann }));
    let state = bench.kajabi();
    assert_eq!((&state["contacts"][0]["offers"], &state["totals"]), (&json!(["704"]), &json!({})));
    assert_eq!(state["offers"][3]["activate_url"], "/webhooks/offers/t/704/activate");
}
