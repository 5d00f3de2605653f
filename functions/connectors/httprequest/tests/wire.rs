//! The request that a rule describes, and the outcome of each response.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::call::Identity;
use connector::http::HttpSettings;
use connector::testing::{
    NOW, Received, Reply, Stub, assert_told, attempt, identify, job, previewed_lines, previews_with, told,
};
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use httprequest::HttpRequest;
use serde_json::{Value, json};
use webhook::signature::Signer;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"email": "{contact.email | lowercase}", "order": {"id": "{order.id}", "amount": "{line.total | money_major}",
    "quantity": "{line.quantity}"}, "phone": "{contact.phone}", "tags": ["buyer", "{line.product_id}"], "new": true}"#;

fn a_job(settings: Value) -> Job {
    let mut job = job(App::HTTP_REQUEST, "send_request", settings);
    job.line = Some("li_1".to_owned());
    let payload = json!({
        "id": "f1",
        "customer": {"id": "c1", "email": "ada@example.com"},
        "order": {"id": "ord/1"},
        "item": {"line_id": "li_1", "product_id": "rye", "name": "Rye & Co", "role": "primary", "quantity": 2,
            "price": {"amount": 4900, "currency": "USD"}},
    });
    job.payload = Some(payload.into());
    job
}

async fn perform(job: &Job, credentials: Value, reply: Reply) -> (Outcome, Vec<Received>) {
    let stub = Stub::start([reply]).await.unwrap();
    let connector = HttpRequest::new(&stub.settings()).unwrap();
    let mut account =
        json!({"url": format!("{}/v1", stub.address()), "header": "Authorization: Bearer s3cret-token"});
    account.as_object_mut().unwrap().extend(credentials.as_object().unwrap().clone());
    let outcome = attempt(&connector, job, account, 1).await;
    (outcome, stub.received())
}

#[tokio::test]
async fn a_json_request_has_typed_values_encoded_for_their_place() {
    let settings = json!({
        "method": "PUT",
        "path": "/people/{contact.email}/orders/{order.id}?product={line.name}&phone={contact.phone}&source=shop",
        "headers": r#"{"X-Trigger": "{job.trigger}", "X-Phone": "{contact.phone}", "Accept": "text/plain"}"#,
        "body": BODY,
    });
    let (outcome, received) = perform(&a_job(settings), json!({}), Reply::status(201)).await;
    assert_eq!(outcome, Outcome::DONE);
    let [request] = received.as_slice() else { panic!("{received:?}") };
    let path = "PUT /v1/people/ada@example.com/orders/ord%2F1?product=Rye+%26+Co&source=shop";
    assert_eq!(request.line(), path, "a value stays in its place, and an unknown one is left out");
    assert_eq!(request.header("authorization"), "Bearer s3cret-token");
    assert_eq!(
        ["content-type", "x-trigger", "accept", "x-phone", "webhook-id"].map(|name| request.header(name)),
        ["application/json", "product_purchased", "text/plain", "", ""]
    );
    let order = json!({"id": "ord/1", "amount": 98, "quantity": 2});
    assert_eq!(
        request.json(),
        json!({"email": "ada@example.com", "order": order, "tags": ["buyer", "rye"], "new": true})
    );
}

#[tokio::test]
async fn a_form_has_texts_and_a_request_without_a_body_has_none() {
    let form = r#"{"email": "{contact.email}", "name": "{line.name}", "tag": ["a", "b"], "phone": "{contact.phone}"}"#;
    let job = a_job(json!({"format": "form", "body": form}));
    let (outcome, received) = perform(&job, json!({}), Reply::status(200)).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(received[0].line(), "POST /v1");
    assert_eq!(received[0].header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(
        String::from_utf8_lossy(&received[0].body),
        "email=ada%40example.com&name=Rye+%26+Co&tag=a&tag=b"
    );
    let job = a_job(json!({"method": "DELETE", "path": "people/7/"}));
    let (_, received) = perform(&job, json!({}), Reply::status(204)).await;
    assert_eq!((received[0].line().as_str(), received[0].body.len()), ("DELETE /v1/people/7/", 0));
    assert_eq!(received[0].header("content-type"), "");
}

#[tokio::test]
async fn a_request_is_signed_if_the_account_has_a_secret() {
    let more = json!({"signing_secret": SECRET, "second_header": "X-Api-Key: s3cret-key"});
    let job = a_job(json!({"body": BODY}));
    let (_, received) = perform(&job, more, Reply::status(200)).await;
    let id = job.id.to_string();
    let signature = Signer::new(SECRET).unwrap().sign(&id, NOW.as_second(), &received[0].body);
    assert_eq!(received[0].header("webhook-signature"), signature);
    assert_eq!(
        (received[0].header("webhook-id"), received[0].header("x-api-key")),
        (id.as_str(), "s3cret-key")
    );
}

#[tokio::test]
async fn a_value_is_never_a_template_and_leaves_its_place_nowhere() {
    let mut job = a_job(json!({
        "path": "/people/{contact.first_name}",
        "headers": r#"{"X-Id": "{order.id}"}"#,
        "body": r#"{"name": "{contact.first_name}"}"#,
    }));
    for (name, segment) in [
        ("{account.header}", "%7Baccount.header%7D"),
        ("../admin?a=b#c", "..%2Fadmin%3Fa=b%23c"),
        ("\", \"admin\": \"", "%22,%20%22admin%22:%20%22"),
    ] {
        job.contact.first_name = Some(name.to_owned());
        let (outcome, received) = perform(&job, json!({}), Reply::status(200)).await;
        assert_eq!(outcome, Outcome::DONE, "{name}");
        assert_eq!(received[0].line(), format!("POST /v1/people/{segment}"));
        assert_eq!(received[0].json(), json!({"name": name.trim()}));
    }
    job.contact.first_name = Some("..".to_owned());
    let (outcome, received) = perform(&job, json!({}), Reply::status(200)).await;
    assert_told(&outcome, "rejected", "`.` or `..`", "dots");
    assert_eq!(received, []);
    let mut job = a_job(json!({"headers": r#"{"X-Name": "{contact.first_name}"}"#}));
    job.contact.first_name = Some("a\r\nEvil: b".to_owned());
    let (outcome, received) = perform(&job, json!({}), Reply::status(200)).await;
    assert_told(&outcome, "rejected", "line break", "a header");
    assert_eq!(received, []);
}

#[tokio::test]
async fn a_rule_that_cannot_be_sent_says_what_to_correct() {
    for (settings, words) in [
        (json!({"body": r#"{"a": "{contact.emial}"}"#}), "`contact.emial` does not exist"),
        (json!({"path": "/{account.header}"}), "`account.header` does not exist"),
        (json!({"path": "/{setting.body}"}), "`setting.body` does not exist"),
        (json!({"headers": r#"{"X-A": "{credential.header}"}"#}), "`credential.header` does not exist"),
        (json!({"path": "/people/{contact.phone}"}), "`{contact.phone}` is not known"),
        (json!({"body": "{\"a\": "}), "its body cannot be read as JSON"),
        (json!({"body": r#"{"a": "{contact.email | eval}"}"#}), "no such filter"),
        (json!({"body": r#"{"a": {"b": "c"}}"#, "format": "form"}), "`a` is not a text"),
        (json!({"headers": r#"{"no header": "a"}"#}), "is not the name of a header"),
        (json!({"headers": r#"{"Host": "evil.example"}"#}), "sets `host`"),
        (json!({"headers": r#"{"authorization": "Bearer other"}"#}), "sets `authorization`"),
        (json!({"method": "TRACE"}), "is no method"),
    ] {
        let (outcome, received) = perform(&a_job(settings.clone()), json!({}), Reply::status(200)).await;
        assert_told(&outcome, "rejected", words, &settings.to_string());
        assert_eq!(received, [], "{settings}");
    }
}

#[tokio::test]
async fn addresses_that_may_not_be_called_are_not() {
    let connector = HttpRequest::new(&HttpSettings::default()).unwrap();
    for (url, kind, words) in [
        ("http://api.example.com/s3cret", "rejected", "not https"),
        ("https://u:s3cret@api.example.com/", "rejected", "user name or password"),
        ("https://169.254.169.254/latest", "rejected", "not on the public internet"),
        ("https://localhost/s3cret", "rejected", "not on the public internet"),
        ("s3cret", "reconnect", "not a URL"),
        ("", "reconnect", "`url`"),
    ] {
        let outcome = attempt(&connector, &a_job(json!({})), json!({"url": url}), 1).await;
        assert_told(&outcome, kind, words, url);
        assert!(!told(&outcome).contains("s3cret"), "{url}");
    }
    for credentials in
        [json!({"header": "s3cret"}), json!({"header": "A b: s3cret"}), json!({"signing_secret": "s3cret"})]
    {
        let (outcome, received) = perform(&a_job(json!({})), credentials, Reply::status(200)).await;
        assert!(matches!(outcome, Outcome::Failed(_)) && !told(&outcome).contains("s3cret"), "{outcome:?}");
        assert_eq!(received, []);
    }
}

#[tokio::test]
async fn an_apis_answers_are_told_apart() {
    let said = |status: u16| Reply::json(status, json!({"message": "No s3cret-token here."}));
    for (reply, kind, words) in [
        (said(401), "reconnect", "secret headers"),
        (said(403), "rejected", "403"),
        (said(404), "rejected", "404"),
        (said(422), "rejected", "422"),
        (Reply::status(302).header("location", "https://www.example.com/"), "rejected", "www.example.com"),
        (Reply::status(429), "wait", "no more calls"),
        (Reply::status(500), "retry", "500"),
        (Reply::Silence, "retry", "did not answer in time"),
    ] {
        let (outcome, received) = perform(&a_job(json!({"body": BODY})), json!({}), reply).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn the_connection_test_reads_the_path_that_the_merchant_named() {
    let test = async |more: Value, reply: Reply| {
        let stub = Stub::start([reply]).await.unwrap();
        let connector = HttpRequest::new(&stub.settings()).unwrap();
        let mut account = json!({"url": stub.address(), "header": "Authorization: Bearer s3cret-token"});
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (identify(&connector, account).await, stub.received())
    };
    let (identity, received) = test(json!({"test_path": "/me?a={now}"}), Reply::status(200)).await;
    assert_eq!(identity, Ok(Identity::default()));
    assert_eq!(received[0].line(), "GET /me?a=%7Bnow%7D");
    assert_eq!(received[0].header("authorization"), "Bearer s3cret-token");
    let (identity, _) = test(json!({"test_path": "/me"}), Reply::status(401)).await;
    assert_told(&identity.unwrap_err(), "reconnect", "secret headers", "401");
    let (identity, received) = test(json!({}), Reply::status(500)).await;
    assert_eq!((identity, received.len()), (Ok(Identity::default()), 0));
}

#[tokio::test]
async fn a_preview_shows_the_request_without_credentials() {
    let credentials = json!({
        "url": "https://api.example.com/t0p-s3cret", "header": "Authorization: Bearer s3cret-token",
        "signing_secret": SECRET,
    });
    let given = json!({
        "method": "PUT", "path": "/people/{contact.email}", "headers": r#"{"X-Order": "{order.id}"}"#, "body": BODY,
        "format": "json",
    });
    let secrets = ["s3cret", "MfKQ9r8G"];
    let given = given.as_object().unwrap();
    let previews = previews_with(HttpRequest::new, "address", credentials, &secrets, given).await;
    let preview = &previews["send_request"];
    assert_eq!(previewed_lines(preview), ["PUT https://api.example.com/[hidden]/people/ada@example.com"]);
    let [request] = &preview.requests[..] else { panic!("{preview:?}") };
    assert_eq!(request.body.as_ref().unwrap()["email"], "ada@example.com");
    let header = request.headers.iter().find(|(name, _)| name == "authorization");
    assert_eq!(header.map(|(_, value)| value.as_str()), Some("[hidden]"));
}

#[tokio::test]
async fn a_preview_names_what_does_not_exist_and_what_does() {
    let credentials = json!({"url": "https://api.example.com"});
    for (given, known) in [
        (
            json!({"path": "/{contact.emial}"}),
            "`contact.emial` does not exist; `contact` has: address, email, ",
        ),
        (
            json!({"body": r#"{"a": "{contact.emial}"}"#, "headers": "{}"}),
            "`contact.emial` does not exist; `contact` has: address, email, ",
        ),
        (json!({"path": "/{buyer.email}"}), "`buyer.email` does not exist; a value begins with one of: "),
    ] {
        let given = given.as_object().unwrap();
        let previews = previews_with(HttpRequest::new, "address", credentials.clone(), &[], given).await;
        let reason = previews["send_request"].reason.as_deref().unwrap_or_default();
        assert!(reason.contains(known), "{given:?}: {reason}");
    }
}
