//! The apps' authorize pages and token endpoints.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode, Url};
use sandbox::Standing;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Answer, Bench, answer, until};

const BACK: &str = "https://engine.test/back?shop=1";
const VERIFIER: &str = "a-verifier-of-at-least-43-characters-as-the-rfc-has-it";

/// The paths of an app's OAuth, the format of its requests, and whether the client is in the body.
struct Row {
    app: &'static str,
    authorize: &'static str,
    token: &'static str,
    json: bool,
    basic: bool,
}

const KIT: Row =
    Row { app: "kit", authorize: "/v4/oauth/authorize", token: "/v4/oauth/token", json: true, basic: false };
const MAILCHIMP: Row = Row {
    app: "mailchimp",
    authorize: "/oauth2/authorize",
    token: "/oauth2/token",
    json: false,
    basic: false,
};
const HIGHLEVEL: Row = Row {
    app: "highlevel",
    authorize: "/v2/oauth/chooselocation",
    token: "/oauth/token",
    json: false,
    basic: false,
};
const THINKIFIC: Row =
    Row { app: "thinkific", authorize: "/oauth2/authorize", token: "/oauth2/token", json: true, basic: true };
const ALL: [Row; 4] = [KIT, MAILCHIMP, HIGHLEVEL, THINKIFIC];

/// A sandbox, and a browser that follows no redirects.
struct Flow {
    bench: Bench,
    browser: Client,
}

impl Flow {
    #[expect(clippy::disallowed_methods, reason = "it plays the browser; the kit's client is not under test")]
    async fn new() -> Self {
        let bench = Bench::new().await;
        Self { bench, browser: Client::builder().redirect(Policy::none()).build().unwrap() }
    }

    fn page(&self, row: &Row, more: &[(&str, &str)]) -> Url {
        let mut url =
            Url::parse(&format!("{}{}", self.bench.sandbox.app_url(row.app), row.authorize)).unwrap();
        let asked =
            [("response_type", "code"), ("client_id", "engine"), ("redirect_uri", BACK), ("state", "s&1")];
        for (name, value) in asked.iter().chain(more) {
            let rest: Vec<_> = url.query_pairs().filter(|(key, _)| key != name).map(own).collect();
            url.query_pairs_mut().clear().extend_pairs(rest);
            if !value.is_empty() {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }

    /// The target of the browser's redirect.
    async fn sent(&self, row: &Row, more: &[(&str, &str)]) -> Url {
        let response = self.browser.get(self.page(row, more)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND);
        response.headers()["location"].to_str().unwrap().parse().unwrap()
    }

    async fn code(&self, row: &Row, more: &[(&str, &str)]) -> String {
        let back = self.sent(row, &[&[("decision", "allow")], more].concat()).await;
        parameter(&back, "code").unwrap()
    }

    async fn ask(&self, row: &Row, parameters: Value) -> Answer {
        self.ask_as(row, "s3cret", parameters).await
    }

    async fn ask_as(&self, row: &Row, secret: &str, mut parameters: Value) -> Answer {
        let url = format!("{}{}", self.bench.sandbox.app_url(row.app), row.token);
        let mut request = self.browser.request(Method::POST, url);
        if row.basic {
            request = request.basic_auth("engine", Some(secret));
        } else {
            parameters["client_id"] = json!("engine");
            parameters["client_secret"] = json!(secret);
        }
        answer(if row.json { request.json(&parameters) } else { request.form(&parameters) }).await
    }

    async fn redeem(&self, row: &Row, code: &str) -> Answer {
        let parameters = json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": BACK });
        self.ask(row, parameters).await
    }

    async fn connect(&self, row: &Row) -> Value {
        let answered = self.redeem(row, &self.code(row, &[]).await).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        answered.body
    }

    async fn refresh(&self, row: &Row, token: &Value) -> Answer {
        self.ask(row, json!({ "grant_type": "refresh_token", "refresh_token": token })).await
    }

    /// The app's response to an access token.
    async fn metadata(&self, token: &Value) -> Value {
        let url = format!("{}/oauth2/metadata", self.bench.sandbox.app_url("mailchimp"));
        let header = format!("OAuth {}", token.as_str().unwrap());
        let answered = answer(self.browser.get(url).header("authorization", header)).await;
        assert_eq!(answered.status, StatusCode::OK);
        answered.body
    }

    fn standings(&self, row: &Row) -> Vec<Value> {
        let state = self.bench.sandbox.oauth_state(row.app).unwrap();
        state["access_tokens"].as_array().unwrap().iter().map(|token| token["standing"].clone()).collect()
    }
}

fn own((name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), value.into_owned())
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, error: &str, case: &str) {
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(error)), "{case}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{case}");
}

#[tokio::test]
async fn people_see_a_page_and_their_decision_goes_back() {
    let flow = Flow::new().await;
    for row in &ALL {
        let url = flow.page(row, &[("scope", "<read> & write")]);
        let shown = flow.browser.get(url.clone()).send().await.unwrap();
        assert_eq!(shown.headers()["content-type"], "text/html; charset=utf-8");
        let page = shown.text().await.unwrap();
        assert!(page.contains("value=\"allow\"") && page.contains("value=\"deny\""), "{page}");
        assert!(page.contains("&lt;read&gt; &amp; write") && page.contains("<b>engine</b>"), "{page}");

        let press = async |button: &str| {
            let form = [("decision", button)];
            let response = flow.browser.post(url.clone()).form(&form).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FOUND);
            response.headers()["location"].to_str().unwrap().to_owned()
        };
        let denied = press("deny").await;
        assert_eq!(denied, format!("{BACK}&error=access_denied&state=s%261"));
        let allowed: Url = press("allow").await.parse().unwrap();
        assert!(allowed.as_str().starts_with(&format!("{BACK}&code=code-")), "{allowed}");
        assert_eq!(parameter(&allowed, "state").as_deref(), Some("s&1"));
        let subdomain = (row.app == "thinkific").then_some("sandbox");
        assert_eq!(parameter(&allowed, "subdomain").as_deref(), subdomain);
        let counts = flow.bench.sandbox.oauth_state(row.app).unwrap()["counts"].clone();
        assert_eq!(
            (&counts["authorize"], &counts["allow"], &counts["deny"]),
            (&json!(1), &json!(1), &json!(1))
        );
    }
}

#[tokio::test]
async fn what_the_page_cannot_answer_it_says_itself_or_sends_back() {
    let flow = Flow::new().await;
    for wrong in [
        ("redirect_uri", ""),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "/back"),
        ("redirect_uri", "https://engine.test/back#here"),
        ("client_id", ""),
        ("decision", "perhaps"),
    ] {
        let shown = flow.browser.get(flow.page(&KIT, &[wrong])).send().await.unwrap();
        assert_eq!(shown.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
        assert!(shown.headers().get("location").is_none());
    }
    let short = ("code_challenge", "short");
    for (wrong, error) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("response_type", "")], "invalid_request"),
        (vec![short, ("code_challenge_method", "S256")], "invalid_request"),
        (vec![("code_challenge", &"a".repeat(43))], "invalid_request"),
    ] {
        let back = flow.sent(&KIT, &wrong).await;
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{wrong:?}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("s&1"));
    }
    let delete = flow.browser.delete(flow.page(&KIT, &[])).send().await.unwrap();
    assert_eq!(
        (delete.status(), &delete.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, POST".parse().unwrap())
    );
}

#[tokio::test]
async fn each_app_answers_a_code_in_its_own_way() {
    let flow = Flow::new().await;
    let fields = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();

    let body = flow.connect(&MAILCHIMP).await;
    assert_eq!(fields(&body), ["access_token", "expires_in", "scope"]);
    assert_eq!((&body["expires_in"], &body["scope"]), (&json!(0), &Value::Null));

    let body = flow.connect(&KIT).await;
    assert_eq!(
        (&body["expires_in"], &body["token_type"], &body["scope"]),
        (&json!(172_800), &json!("Bearer"), &json!("public"))
    );
    assert!(body["refresh_token"].is_string() && body["created_at"].is_i64());

    let body = flow.connect(&HIGHLEVEL).await;
    assert_eq!(
        (&body["expires_in"], &body["userType"], &body["locationId"]),
        (&json!(86_399), &json!("Location"), &json!("demo"))
    );
    assert!(body["companyId"].is_string() && body["userId"].is_string() && body["refresh_token"].is_string());

    let body = flow.connect(&THINKIFIC).await;
    assert_eq!(fields(&body), ["access_token", "expires_in", "gid", "refresh_token", "token_type"]);
    assert_eq!(body["expires_in"], 86_399);
}

#[tokio::test]
async fn a_code_is_good_once_soon_and_for_its_own_client_and_address() {
    let flow = Flow::new().await;
    for row in &ALL {
        let status = if row.app == "thinkific" { 401 } else { 400 };
        let code = flow.code(row, &[]).await;
        let elsewhere = json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": "https://engine.test/" });
        assert_refused(&flow.ask(row, elsewhere).await, status, "invalid_grant", "elsewhere");
        let other = flow.code(row, &[("client_id", "other")]).await;
        assert_refused(&flow.redeem(row, &other).await, status, "invalid_grant", "another client's");
        assert_refused(&flow.redeem(row, "code-000001").await, status, "invalid_grant", "unknown");
        assert_eq!(flow.redeem(row, &code).await.status, StatusCode::OK);
        assert_refused(&flow.redeem(row, &code).await, status, "invalid_grant", "used");
        flow.bench.sandbox.oauth(row.app, json!({ "code_lifetime": 0 })).unwrap();
        let late = flow.code(row, &[]).await;
        assert_refused(&flow.redeem(row, &late).await, status, "invalid_grant", "expired");
        let unsaid = json!({ "grant_type": "authorization_code", "code": late });
        let unsaid = flow.ask(row, unsaid).await.body["error"].clone();
        assert_eq!(unsaid, "invalid_grant", "the code is looked at first");
        let counts = flow.bench.sandbox.oauth_state(row.app).unwrap()["counts"].clone();
        assert_eq!((&counts["token"], &counts["refuse"]), (&json!(1), &json!(6)));
    }
    flow.bench.sandbox.oauth("kit", json!({ "code_lifetime": 60 })).unwrap();
    let code = flow.code(&KIT, &[]).await;
    let unsaid = flow.ask(&KIT, json!({ "grant_type": "authorization_code", "code": code })).await;
    assert_refused(&unsaid, 400, "invalid_request", "no redirect_uri");
}

#[tokio::test]
async fn a_proof_key_is_asked_for_where_the_app_takes_one() {
    let flow = Flow::new().await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let asked = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (row, takes) in [(&KIT, true), (&THINKIFIC, true), (&MAILCHIMP, false), (&HIGHLEVEL, false)] {
        let code = flow.code(row, &asked).await;
        let ask = async |verifier: Option<&str>| {
            let mut parameters =
                json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": BACK });
            if let Some(verifier) = verifier {
                parameters["code_verifier"] = json!(verifier);
            }
            flow.ask(row, parameters).await
        };
        if takes {
            for wrong in [None, Some("another-verifier-of-at-least-43-characters-or-so")] {
                assert_eq!(ask(wrong).await.body["error"], "invalid_grant", "{}", row.app);
            }
        }
        assert_eq!(ask(takes.then_some(VERIFIER)).await.status, StatusCode::OK, "{}", row.app);
    }
}

#[tokio::test]
async fn only_clients_with_their_secret_and_in_their_place_are_let_in() {
    let flow = Flow::new().await;
    for row in &ALL {
        let client = json!({ "client_id": "engine", "client_secret": "s3cret", "redirect_uris": [BACK] });
        flow.bench.sandbox.oauth(row.app, json!({ "clients": [client] })).unwrap();
        for wrong in [("client_id", "other"), ("redirect_uri", "https://engine.test/elsewhere")] {
            let shown = flow.browser.get(flow.page(row, &[wrong])).send().await.unwrap();
            assert_eq!(shown.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
        }
        let code = flow.code(row, &[]).await;
        let parameters = json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": BACK });
        for secret in ["wrong", ""] {
            let refused = flow.ask_as(row, secret, parameters.clone()).await;
            assert_refused(&refused, 401, "invalid_client", row.app);
        }
        // The client's id and secret in the other place than the app expects.
        let turned = Row { basic: !row.basic, ..*row };
        assert_refused(&flow.ask(&turned, parameters.clone()).await, 401, "invalid_client", row.app);
        assert_eq!(flow.ask(row, parameters).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn requests_are_read_in_the_apps_own_format() {
    let flow = Flow::new().await;
    for row in &ALL {
        let code = flow.code(row, &[]).await;
        let turned = Row { json: !row.json, ..*row };
        let wrong = flow.redeem(&turned, &code).await;
        let none = flow.ask(row, json!({})).await;
        let kind = flow.ask(row, json!({ "grant_type": "password" })).await;
        if row.app == "highlevel" {
            for refused in [&wrong, &none, &kind] {
                assert_refused(refused, 422, "Unprocessable Entity", row.app);
                assert!(refused.body["message"].is_array());
            }
        } else {
            assert_refused(&wrong, 400, "invalid_request", row.app);
            assert_refused(&none, 400, "invalid_request", row.app);
            assert_refused(&kind, 400, "unsupported_grant_type", row.app);
        }
    }
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": "refresh-1" });
    assert_refused(
        &flow.ask(&MAILCHIMP, refresh).await,
        400,
        "unsupported_grant_type",
        "has no refresh tokens",
    );
    let agency = json!({ "grant_type": "authorization_code", "code": "code-1", "user_type": "Agency" });
    assert_refused(&flow.ask(&HIGHLEVEL, agency).await, 422, "Unprocessable Entity", "user_type");
    let get = flow.browser.get(format!("{}/oauth/token", flow.bench.sandbox.app_url("highlevel")));
    assert_eq!(get.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_ends_the_access_token_before_it() {
    let flow = Flow::new().await;
    for row in [&KIT, &HIGHLEVEL, &THINKIFIC] {
        let first = flow.connect(row).await;
        let second = flow.refresh(row, &first["refresh_token"]).await;
        assert_eq!(second.status, StatusCode::OK);
        assert_ne!(second.body["access_token"], first["access_token"]);
        assert_ne!(second.body["refresh_token"], first["refresh_token"]);
        let fields = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&second.body), fields(&first));
        assert_eq!(flow.refresh(row, &first["refresh_token"]).await.body["error"], "invalid_grant");
        assert_eq!(flow.standings(row), ["revoked", "valid"]);
        assert_eq!(flow.refresh(row, &second.body["refresh_token"]).await.status, StatusCode::OK);
        assert_eq!(flow.bench.sandbox.oauth_state(row.app).unwrap()["counts"]["refresh"], 2);
    }
}

#[tokio::test]
async fn what_one_consent_gave_ends_without_its_neighbours() {
    let flow = Flow::new().await;
    let told = |told: Value| flow.bench.sandbox.oauth("kit", told);
    let (one, other) = (flow.connect(&KIT).await, flow.connect(&KIT).await);
    told(json!({ "expire": true, "token": one["access_token"] })).unwrap();
    assert_eq!(flow.standings(&KIT), ["expired", "valid"]);
    told(json!({ "revoke": true, "token": other["refresh_token"] })).unwrap();
    assert_eq!(flow.standings(&KIT), ["expired", "revoked"]);
    let renew = async |pair: &Value| flow.refresh(&KIT, &pair["refresh_token"]).await.status;
    assert_eq!((renew(&one).await, renew(&other).await), (StatusCode::OK, StatusCode::BAD_REQUEST));
    let unknown = told(json!({ "revoke": true, "token": "another-token" })).unwrap_err();
    assert!(unknown.to_string().starts_with("token:"), "{unknown}");
}

#[tokio::test]
async fn tokens_expire_by_themselves_on_demand_and_when_they_are_withdrawn() {
    let flow = Flow::new().await;
    let told = |instruction: Value| flow.bench.sandbox.oauth("kit", instruction).unwrap();
    let first = flow.connect(&KIT).await;
    told(json!({ "expire": true }));
    assert_eq!(flow.standings(&KIT), ["expired"]);
    assert_eq!(flow.refresh(&KIT, &first["refresh_token"]).await.status, StatusCode::OK);

    told(json!({ "expires_in": 1 }));
    let short = flow.connect(&KIT).await;
    assert_eq!(short["expires_in"], 1);
    until("the end of the token", async || {
        // Any request to the app updates the tokens.
        flow.browser.get(flow.bench.sandbox.app_url("kit")).send().await.unwrap();
        flow.standings(&KIT)[2] == "expired"
    })
    .await;

    told(json!({ "expires_in": 100, "revoke": true }));
    assert_eq!(flow.standings(&KIT), ["expired", "revoked", "expired"]);
    assert_eq!(flow.refresh(&KIT, &short["refresh_token"]).await.body["error"], "invalid_grant");

    let last = flow.connect(&KIT).await;
    let url = format!("{}/oauth/revoke", flow.bench.sandbox.app_url("kit"));
    let give_back = async |token: &Value| {
        let body = json!({ "client_id": "engine", "client_secret": "s3cret", "token": token });
        answer(flow.browser.post(&url).json(&body)).await.status
    };
    assert_eq!(give_back(&json!("unknown")).await, StatusCode::OK);
    assert_eq!(flow.standings(&KIT)[3], "valid");
    assert_eq!(give_back(&last["access_token"]).await, StatusCode::OK);
    assert_eq!(flow.standings(&KIT)[3], "revoked");
    assert_eq!(flow.refresh(&KIT, &last["refresh_token"]).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn mailchimp_tells_whose_account_a_token_is_for_and_refuses_with_200() {
    let flow = Flow::new().await;
    let token = flow.connect(&MAILCHIMP).await["access_token"].clone();
    let told = flow.metadata(&token).await;
    assert_eq!(
        (&told["dc"], &told["api_endpoint"]),
        (&json!("us6"), &json!("https://us6.api.mailchimp.com"))
    );
    assert_eq!(told["accountname"], "Sandbox");
    let url = format!("{}/3.0/ping", flow.bench.sandbox.app_url("mailchimp"));
    let ping =
        async || flow.browser.get(&url).bearer_auth(token.as_str().unwrap()).send().await.unwrap().status();
    assert_eq!(ping().await, StatusCode::OK);
    flow.bench.sandbox.oauth("mailchimp", json!({ "revoke": true })).unwrap();
    assert_eq!(ping().await, StatusCode::UNAUTHORIZED);
    assert_eq!(flow.metadata(&token).await["error"], "invalid_token");
    assert_eq!(flow.metadata(&json!("unknown")).await["error"], "invalid_token");
    flow.bench.sandbox.token("mailchimp", "unknown", Standing::Valid).unwrap();
    assert_eq!(flow.metadata(&json!("unknown")).await["dc"], "us6");
}

#[tokio::test]
async fn the_operator_says_what_is_issued() {
    let flow = Flow::new().await;
    let told =
        async |app: &str, instruction: Value| flow.bench.post(&format!("/_oauth/{app}"), instruction).await;
    assert_eq!(told("highlevel", json!({ "company": true })).await.status, StatusCode::NO_CONTENT);
    let agency = flow.connect(&HIGHLEVEL).await;
    assert_eq!((&agency["userType"], &agency["locationId"]), (&json!("Company"), &Value::Null));
    flow.bench
        .sandbox
        .oauth("highlevel", json!({ "company": false, "answer": { "locationId": "l2" } }))
        .unwrap();
    assert_eq!(flow.connect(&HIGHLEVEL).await["locationId"], "l2");
    assert_eq!(flow.refresh(&HIGHLEVEL, &agency["refresh_token"]).await.body["userType"], "Company");

    flow.bench.sandbox.oauth("thinkific", json!({ "callback": { "subdomain": "academy" } })).unwrap();
    let back = flow.sent(&THINKIFIC, &[("decision", "allow")]).await;
    assert_eq!(parameter(&back, "subdomain").as_deref(), Some("academy"));

    assert!(
        told("kit", json!({ "company": true })).await.body["error"].as_str().unwrap().contains("no agencies")
    );
    assert!(told("circle", json!({})).await.body["error"].as_str().unwrap().contains("has no OAuth"));
    assert!(told("kit", json!({ "expires": 1 })).await.body["error"].is_string());
    let shown = flow.bench.get("/_oauth/highlevel").await.body;
    assert_eq!((&shown["counts"]["token"], &shown["counts"]["refresh"]), (&json!(2), &json!(1)));
    flow.bench.sandbox.reset();
    let shown = flow.bench.get("/_oauth/highlevel").await.body;
    assert_eq!((&shown["counts"]["token"], &shown["access_tokens"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn requests_for_tokens_are_recorded_and_can_be_made_to_fail() {
    let flow = Flow::new().await;
    let code = flow.code(&KIT, &[]).await;
    let fault = json!({ "app": "kit", "path": "oauth/token", "status": 503, "count": 1 });
    flow.bench.sandbox.fault(fault).unwrap();
    assert_eq!(flow.redeem(&KIT, &code).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(flow.redeem(&KIT, &code).await.status, StatusCode::OK);
    let paths: Vec<_> =
        flow.bench.sandbox.requests("kit").iter().map(|request| request["path"].clone()).collect();
    assert_eq!(paths, [KIT.authorize, KIT.token, KIT.token]);
}
