//! The stand-in against Kit's known behaviour.
use reqwest::{Method, RequestBuilder};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, answer};

impl Bench {
    fn kit(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/kit/{path}", self.sandbox.url()))
    }

    async fn v3(&self, path: &str, body: Value) -> Answer {
        answer(self.kit(Method::POST, &format!("v3/{path}")).json(&body)).await
    }

    async fn v4(&self, method: Method, path: &str, body: Value) -> Answer {
        answer(self.kit(method, &format!("v4/{path}")).bearer_auth("token").json(&body)).await
    }
}

#[track_caller]
fn assert_v3_error(answer: &Answer, status: u16, error: &str, message: &str) {
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(error)), "{}", answer.body);
    assert!(answer.body["message"].as_str().unwrap().contains(message), "{}", answer.body);
}

#[track_caller]
fn assert_v4_error(answer: &Answer, status: u16, words: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["errors"]),
        (status, &json!([words])),
        "{}",
        answer.body
    );
}

fn purchase() -> Value {
    json!({
        "transaction_id": "t1", "email_address": "ann@shop.test", "status": "paid", "currency": "USD",
        "transaction_time": "2026-03-14T08:02:45Z", "subtotal": 20.5, "tax": 0.0, "shipping": 2, "discount": 3.0,
        "total": 19.5,
        "products": [{"name": "Disk", "pid": "p1", "lid": "l1", "sku": "s1", "quantity": 1, "unit_price": 20.5}],
    })
}

#[tokio::test]
async fn v3_takes_a_secret_where_it_belongs_and_a_key_for_less() {
    let bench = Bench::new().await;
    let get = async |query: &str| answer(bench.kit(Method::GET, &format!("v3/{query}"))).await;
    assert_eq!(get("account?api_secret=s").await.body["name"], "Sandbox");
    assert_eq!(get("tags?api_key=the-api-key-of-v3").await.body["tags"][1]["name"], "VIP");
    assert_eq!(get("forms?api_secret=s").await.body["forms"][0]["name"], "Newsletter");
    bench.sandbox.token("kit", "withdrawn", Standing::Revoked).unwrap();
    for refused in [
        "account",
        "account?api_key=the-api-key-of-v3",
        "account?api_secret=the-api-key-of-v3",
        "account?api_secret=kit_key",
        "account?api_secret=withdrawn",
        "tags?api_key=another",
    ] {
        assert_v3_error(&get(refused).await, 401, "Authorization Failed", "API Key not present");
    }
    // The secret of a POST is in its body.
    let tag = json!({"tag": {"name": "New"}});
    assert_v3_error(&bench.v3("tags?api_secret=s", tag).await, 401, "Authorization Failed", "");
    let form = bench.kit(Method::POST, "v3/tags/101/subscribe").body("api_secret=s&email=ann@shop.test");
    assert_v3_error(&answer(form).await, 401, "Authorization Failed", "");
}

#[tokio::test]
async fn v3_tags_whoever_is_named_and_counts_it() {
    let bench = Bench::new().await;
    let made = bench.v3("tags", json!({"api_secret": "s", "tag": {"name": "New"}})).await;
    assert_eq!((made.status.as_u16(), &made.body["name"]), (201, &json!("New")));
    let taken = bench.v3("tags", json!({"api_secret": "s", "tag": {"name": "New"}})).await;
    assert_v3_error(&taken, 422, "Unprocessable Entity", "already been taken");

    let (on, off) =
        (format!("tags/{}/subscribe", made.body["id"]), format!("tags/{}/unsubscribe", made.body["id"]));
    let ann = json!({"api_secret": "s", "email": "Ann@Shop.test", "first_name": "Ann"});
    assert_v3_error(&bench.v3(&off, ann.clone()).await, 404, "Not Found", "doesn't exist");
    for _ in 0..2 {
        let tagged = bench.v3(&on, ann.clone()).await;
        assert_eq!(tagged.body["subscription"]["subscribable_type"], "tag", "{}", tagged.body);
    }
    let state = bench.get("/_state/kit?email=ann@shop.test").await.body;
    let subscriber = &state["subscribers"][0];
    assert_eq!(subscriber["counts"], json!({"added": 1, "updated": 1, "tag_on": 2}));
    assert_eq!(
        (&subscriber["changes"][1]["changed"], &subscriber["changes"][3]["changed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!((&subscriber["first_name"], &subscriber["tags"]), (&json!("Ann"), &json!(["New"])));
    assert_eq!(bench.v3(&off, ann.clone()).await.body["name"], "New");
    assert_eq!(bench.get("/_state/kit").await.body["totals"]["tag_off"], 1);

    let key = json!({"api_key": "the-api-key-of-v3", "email": "bob@shop.test"});
    assert_eq!(bench.v3(&on, key.clone()).await.status.as_u16(), 200);
    assert_v3_error(&bench.v3(&off, key).await, 401, "Authorization Failed", "");
    assert_v3_error(&bench.v3("tags/9/subscribe", ann).await, 404, "Not Found", "");
    let nobody = json!({"api_secret": "s"});
    assert_v3_error(&bench.v3(&on, nobody).await, 400, "Your request is missing parameters", "email");
    assert_v3_error(
        &bench.v3(&on, json!({"api_secret": "s", "email": "ann"})).await,
        422,
        "Unprocessable Entity",
        "",
    );
    bench.sandbox.seed("kit", json!({"limit": 2})).unwrap();
    let third = json!({"api_secret": "s", "email": "eve@shop.test"});
    assert_v3_error(&bench.v3(&on, third).await, 403, "Subscriber limit exceeded", "");
}

#[tokio::test]
async fn v3_finds_subscribers_apart_from_those_who_unsubscribed() {
    let bench = Bench::new().await;
    let bob = json!({"email": "bob@shop.test", "state": "cancelled"});
    bench.sandbox.seed("kit", json!({"subscribers": [{"email": "Ann@Shop.test"}, bob]})).unwrap();
    for (query, found) in [
        ("", 1),
        ("&email_address=ann%40shop.test", 1),
        ("&email_address=bob%40shop.test", 0),
        ("&email_address=bob%40shop.test&sort_field=cancelled_at", 1),
        ("&email_address=ann%40shop.test&sort_field=cancelled_at", 0),
    ] {
        let list = bench.get(&format!("/kit/v3/subscribers?api_secret=s{query}")).await;
        assert_eq!(list.body["total_subscribers"], found, "{query}: {}", list.body);
    }
    let by_key = bench.get("/kit/v3/subscribers?api_key=the-api-key-of-v3").await;
    assert_v3_error(&by_key, 401, "Authorization Failed", "");
}

#[tokio::test]
async fn v3_purchases_need_a_transaction_and_a_sku() {
    let bench = Bench::new().await;
    let post =
        async |purchase: Value| bench.v3("purchases", json!({"api_secret": "s", "purchase": purchase})).await;
    let recorded = post(purchase()).await;
    assert_eq!((recorded.status.as_u16(), &recorded.body["transaction_id"]), (201, &json!("t1")));
    let again = post(purchase()).await;
    assert_eq!(again.body["id"], recorded.body["id"]);
    assert_eq!(bench.get("/_state/kit").await.body["purchases"][0]["recorded"], 2);

    let mut wrong = purchase();
    wrong["transaction_id"] = Value::Null;
    wrong["products"][0]["sku"] = json!("");
    let words = "transaction_id can't be blank, Sku can't be blank for product: Disk";
    assert_v3_error(&post(wrong).await, 400, "Your request is missing parameters", words);
    for (field, value) in
        [("total", json!("19.5")), ("status", json!("refunded")), ("currency", json!("usd"))]
    {
        let mut wrong = purchase();
        wrong[field] = value;
        assert_v3_error(&post(wrong).await, 422, "Unprocessable Entity", field);
    }
    let key = json!({"api_key": "the-api-key-of-v3", "purchase": purchase()});
    assert_v3_error(&bench.v3("purchases", key).await, 401, "Authorization Failed", "");
}

#[tokio::test]
async fn v4_takes_tokens_and_keys_and_purchases_with_tokens_only() {
    let bench = Bench::new().await;
    let invalid = "The access token is invalid";
    let account = |request: RequestBuilder| answer(request);
    let get = || bench.kit(Method::GET, "v4/account");
    assert_eq!(account(get().bearer_auth("token")).await.body["account"]["name"], "Sandbox");
    assert_eq!(account(get().header("x-kit-api-key", "kit_key")).await.body["account"]["name"], "Sandbox");
    assert_v4_error(&account(get()).await, 401, invalid);
    assert_v4_error(&account(get().header("x-kit-api-key", "v3-secret")).await, 401, invalid);
    assert_v4_error(&account(get().bearer_auth("kit_key")).await, 401, invalid);
    bench.sandbox.token("kit", "token", Standing::Expired).unwrap();
    assert_v4_error(&account(get().bearer_auth("token")).await, 401, "The access token expired");
    bench.sandbox.token("kit", "token", Standing::Revoked).unwrap();
    assert_v4_error(&account(get().bearer_auth("token")).await, 401, invalid);
    bench.sandbox.token("kit", "token", Standing::Valid).unwrap();

    let key = bench.kit(Method::POST, "v4/purchases").header("x-kit-api-key", "kit_key");
    assert_v4_error(&answer(key.json(&json!({ "purchase": purchase() }))).await, 401, invalid);
    let recorded = bench.v4(Method::POST, "purchases", json!({ "purchase": purchase() })).await;
    assert_eq!((recorded.status.as_u16(), &recorded.body["purchase"]["total"]), (201, &json!(19.5)));
    for (field, value, words) in [
        ("transaction_id", Value::Null, "Transaction cannot be blank"),
        ("tax", Value::Null, "tax cannot be blank"),
        ("shipping", json!(2.5), "shipping is invalid"),
        ("total", json!("19.5"), "total is invalid"),
    ] {
        let mut wrong = purchase();
        wrong[field] = value;
        assert_v4_error(&bench.v4(Method::POST, "purchases", json!({ "purchase": wrong })).await, 422, words);
    }
}

#[tokio::test]
async fn v4_tags_subscribers_who_are_there() {
    let bench = Bench::new().await;
    let made = bench.v4(Method::POST, "tags", json!({"name": "New"})).await;
    assert_eq!((made.status.as_u16(), &made.body["tag"]["name"]), (201, &json!("New")));
    let again = bench.v4(Method::POST, "tags", json!({"name": "New"})).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &made.body));
    assert_v4_error(&bench.v4(Method::POST, "tags", json!({})).await, 422, "Name can't be blank");

    let path = format!("tags/{}/subscribers", made.body["tag"]["id"]);
    let ann = json!({"email_address": "Ann@Shop.test"});
    assert_v4_error(&bench.v4(Method::POST, &path, ann.clone()).await, 404, "Not Found");
    assert_v4_error(&bench.v4(Method::DELETE, &path, ann.clone()).await, 404, "Not Found");
    let create = json!({"email_address": "ann@shop.test", "first_name": "Ann"});
    for status in [201, 200] {
        let created = bench.v4(Method::POST, "subscribers", create.clone()).await;
        assert_eq!(
            (created.status.as_u16(), &created.body["subscriber"]["state"]),
            (status, &json!("active"))
        );
    }
    for status in [201, 200] {
        let tagged = bench.v4(Method::POST, &path, ann.clone()).await;
        assert_eq!(
            (tagged.status.as_u16(), &tagged.body["subscriber"]["first_name"]),
            (status, &json!("Ann"))
        );
    }
    let removed = bench.v4(Method::DELETE, &path, ann.clone()).await;
    assert_eq!((removed.status.as_u16(), removed.body), (204, Value::Null));
    let words = "Either subscriber id or email address is required to tag subscriber";
    assert_v4_error(&bench.v4(Method::POST, &path, json!({})).await, 422, words);
    let words = "Either subscriber id or email address is required to remove tag from subscriber";
    assert_v4_error(&bench.v4(Method::DELETE, &path, json!({"email": "ann@shop.test"})).await, 422, words);
    assert_v4_error(&bench.v4(Method::POST, "tags/9/subscribers", ann).await, 404, "Not Found");
    let invalid = "Email address is invalid";
    assert_v4_error(
        &bench.v4(Method::POST, "subscribers", json!({"email": "ann@shop.test"})).await,
        422,
        invalid,
    );
    let form = bench.kit(Method::POST, "v4/subscribers").bearer_auth("token").body(create.to_string());
    assert_v4_error(&answer(form).await, 422, invalid);
    let counts = &bench.get("/_state/kit").await.body["subscribers"][0]["counts"];
    assert_eq!(*counts, json!({"added": 1, "updated": 1, "tag_on": 2, "tag_off": 1}));
}

#[tokio::test]
async fn v4_lists_have_pages() {
    let bench = Bench::new().await;
    bench.sandbox.seed("kit", json!({"tags": ["One", "Two", "Three"]})).unwrap();
    let mut names = Vec::new();
    let mut path = "v4/tags?per_page=2".to_owned();
    loop {
        let page = answer(bench.kit(Method::GET, &path).bearer_auth("token")).await.body;
        names.extend(page["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()));
        if page["pagination"]["has_next_page"] == false {
            break;
        }
        let cursor = page["pagination"]["end_cursor"].as_str().unwrap().replace('=', "%3D");
        path = format!("v4/tags?per_page=2&after={cursor}");
    }
    assert_eq!(json!(names), json!(["Three", "Two", "One", "VIP", "Customer"]));
    for wrong in ["v4/tags?per_page=1001", "v4/tags?after=nowhere"] {
        assert_eq!(answer(bench.kit(Method::GET, wrong).bearer_auth("token")).await.status.as_u16(), 422);
    }
    assert_v4_error(
        &answer(bench.kit(Method::GET, "v4/nothing").bearer_auth("token")).await,
        404,
        "Not Found",
    );
}
