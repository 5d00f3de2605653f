//! The stand-in against Thinkific's known behaviour.
use reqwest::{Method, RequestBuilder};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, answer};

const KEY: &str = "0123456789abcdef";
const START: &str = "2026-01-01T00:00:00Z";
const PAST: &str = "2026-02-01T00:00:00Z";
const NEVER: &str = "2099-12-31T00:00:00Z";

impl Bench {
    fn thinkific(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/thinkific/api/public/v1{path}", self.sandbox.url()))
    }

    fn by_key(&self, method: Method, path: &str) -> RequestBuilder {
        self.thinkific(method, path).header("X-Auth-API-Key", KEY).header("X-Auth-Subdomain", "my-school")
    }

    async fn site(&self, path: &str) -> Answer {
        answer(self.by_key(Method::GET, path)).await
    }

    async fn site_post(&self, path: &str, body: Value) -> Answer {
        answer(self.by_key(Method::POST, path).json(&body)).await
    }

    async fn site_put(&self, path: &str, body: Value) -> Answer {
        answer(self.by_key(Method::PUT, path).json(&body)).await
    }

    /// Creates Ann's account and returns its id.
    async fn make_ann(&self) -> u64 {
        self.site_post("/users", ann()).await.body["id"].as_u64().unwrap()
    }
}

fn ann() -> Value {
    json!({"email": "Ann@Shop.test", "first_name": "Ann", "last_name": "Bee"})
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, body: &Value) {
    assert_eq!((answer.status.as_u16(), &answer.body), (status, body));
}

#[tokio::test]
async fn a_key_goes_with_its_subdomain_and_a_token_alone() {
    let bench = Bench::new().await;
    let refused = json!({"error": "Authentication Error"});
    let get = || bench.thinkific(Method::GET, "/courses");
    for request in [
        get(),
        get().header("X-Auth-API-Key", KEY),
        get().header("X-Auth-Subdomain", "my-school"),
        get().header("X-Auth-API-Key", KEY).header("X-Auth-Subdomain", "my-school.thinkific.com"),
        get().bearer_auth(""),
        get().basic_auth("my-school", Some(KEY)),
    ] {
        assert_refused(&answer(request).await, 401, &refused);
    }
    assert_eq!(bench.site("/courses").await.status, 200);
    assert_eq!(answer(get().bearer_auth("5a16505d")).await.status, 200);
    for (token, standing) in [(KEY, Standing::Revoked), ("5a16505d", Standing::Expired)] {
        bench.sandbox.token("thinkific", token, standing).unwrap();
    }
    assert_refused(&bench.site("/courses").await, 401, &refused);
    assert_refused(&answer(get().bearer_auth("5a16505d")).await, 401, &refused);
    bench.sandbox.token("thinkific", KEY, Standing::Valid).unwrap();
    bench.sandbox.seed("thinkific", json!({"plan_without_apps": true})).unwrap();
    let plan = "Access to Apps is not available on your plan. Upgrade to gain access";
    assert_refused(&bench.site("/courses").await, 403, &json!({"error": plan}));
}

#[tokio::test]
async fn users_need_an_address_and_both_names_and_are_made_once() {
    let bench = Bench::new().await;
    let blank = json!(["can't be blank"]);
    let missing = json!({"errors": {"first_name": blank, "last_name": blank, "email": blank}});
    assert_refused(&bench.site_post("/users", json!({"last_name": " ", "email": 7})).await, 422, &missing);
    let form = bench.by_key(Method::POST, "/users").header("content-type", "text/plain");
    assert_refused(&answer(form.body(ann().to_string())).await, 422, &missing);
    let mut odd = ann();
    odd["email"] = json!("ann at shop");
    assert_refused(&bench.site_post("/users", odd).await, 422, &json!({"errors": {"email": ["is invalid"]}}));

    let made = bench.site_post("/users", ann()).await;
    assert_eq!((made.status.as_u16(), &made.body["full_name"]), (201, &json!("Ann Bee")));
    let mut again = ann();
    again["email"] = json!("ann@SHOP.test");
    let taken = json!({"errors": {"email": ["has already been taken"]}});
    assert_refused(&bench.site_post("/users", again).await, 422, &taken);

    bench.sandbox.seed("thinkific", json!({"required_profile_fields": true})).unwrap();
    let mut other = ann();
    other["email"] = json!("bob@shop.test");
    assert_eq!(bench.site_post("/users", other.clone()).await.status, 422);
    other["skip_custom_fields_validation"] = json!(true);
    other["send_welcome_email"] = json!("yes");
    assert_eq!(bench.site_post("/users", other.clone()).await.status, 422);
    other["send_welcome_email"] = json!(true);
    assert_eq!(bench.site_post("/users", other).await.status, 201);
    let totals = bench.sandbox.state("thinkific").unwrap()["totals"].clone();
    assert_eq!(totals, json!({"created": 2, "welcomed": 1}));
}

#[tokio::test]
async fn a_search_finds_what_contains_the_address_and_a_plus_must_be_encoded() {
    let bench = Bench::new().await;
    let users: Vec<_> =
        ["a+b@shop.test", "aa+b@shop.test", "c@shop.test"].map(|email| json!({"email": email})).into();
    bench.sandbox.seed("thinkific", json!({"users": users})).unwrap();
    let found = async |email: &str| {
        let page = bench.site(&format!("/users?query[email]={email}")).await.body;
        page["meta"]["pagination"]["total_items"].as_u64().unwrap()
    };
    assert_eq!(found("A%2Bb%40shop.test").await, 2);
    assert_eq!(found("a+b@shop.test").await, 0);
    assert_eq!(found("unknown@shop.test").await, 0);
    bench
        .sandbox
        .seed("thinkific", json!({"users": [{"email": "c@shop.test", "unseen_searches": 1}]}))
        .unwrap();
    assert_eq!((found("c@shop.test").await, found("c@shop.test").await), (0, 1));
}

#[tokio::test]
async fn an_enrollment_is_a_trial_until_activated_and_over_when_expired() {
    let bench = Bench::new().await;
    let user = bench.make_ann().await;
    let missing = json!({"errors": ["Course could not be found.", "User could not be found."]});
    for body in [json!({"course_id": 1, "user_id": 1}), json!({"course_id": "2101", "user_id": "x"})] {
        assert_refused(&bench.site_post("/enrollments", body).await, 422, &missing);
    }
    let body = json!({"course_id": 2101, "user_id": user});
    let made = bench.site_post("/enrollments", body.clone()).await;
    assert_eq!((made.status.as_u16(), &made.body["is_free_trial"]), (201, &json!(true)));
    assert_eq!(bench.site_post("/enrollments", body).await.status, 422);

    let path = format!("/enrollments/{}", made.body["id"]);
    let find = format!("/enrollments?query[user_id]={user}&query[course_id]=2101");
    for (written, expired, trial) in [
        (json!({"activated_at": START}), false, false),
        (json!({"expiry_date": PAST}), true, false),
        (json!({"activated_at": START, "expiry_date": NEVER}), false, false),
        (json!({"activated_at": START, "expiry_date": NEVER}), false, false),
    ] {
        assert_eq!(bench.site_put(&path, written).await.status, 204);
        let found = bench.site(&find).await.body["items"][0].clone();
        assert_eq!((&found["expired"], &found["is_free_trial"]), (&json!(expired), &json!(trial)));
    }
    for date in [json!(null), json!("soon"), json!(7)] {
        assert_eq!(bench.site_put(&path, json!({"expiry_date": date})).await.status, 422);
    }
    let plain = || bench.by_key(Method::PUT, &path).header("content-type", "text/plain");
    for nothing in [bench.by_key(Method::PUT, &path), plain().body(json!({"expiry_date": PAST}).to_string())]
    {
        assert_eq!(answer(nothing).await.status, 422);
    }
    assert_refused(
        &bench.site_put("/enrollments/1", json!({})).await,
        404,
        &json!({"error": "Record not found."}),
    );
    assert_eq!(answer(bench.by_key(Method::DELETE, &path)).await.status, 405);

    let state = bench.get("/_state/thinkific?email=ann@shop.test").await.body;
    let enrollment = &state["users"][0]["enrollments"][0];
    assert_eq!(enrollment["counts"], json!({"enrolled": 1, "updated": 4}));
    let changed: Vec<_> =
        enrollment["changes"].as_array().unwrap().iter().map(|change| &change["changed"]).collect();
    assert_eq!(changed, [true, true, true, true, false]);
    assert_eq!(bench.site("/enrollments?query[email]=unknown@shop.test").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_bundle_enrolls_in_each_of_its_courses() {
    let bench = Bench::new().await;
    let user = bench.make_ann().await;
    let path = "/bundles/3101/enrollments";
    let blank = json!({"errors": {"user_id": ["can't be blank"]}});
    assert_refused(&bench.site_post(path, json!({"user_id": "7"})).await, 422, &blank);
    assert_eq!(bench.site_put(path, json!({"user_id": user})).await.status, 404);
    bench.site_post("/enrollments", json!({"course_id": 2101, "user_id": user})).await;
    let find = format!("{path}?query[user_id]={user}");
    assert_eq!(bench.site(&find).await.body["items"].as_array().unwrap().len(), 1);
    let write = json!({"user_id": user, "activated_at": START});
    assert_eq!(bench.site_post(path, write.clone()).await.status, 201);
    let items = bench.site(&find).await.body["items"].clone();
    let trials: Vec<_> = items.as_array().unwrap().iter().map(|item| &item["is_free_trial"]).collect();
    assert_eq!(trials, [true, false], "existing enrollments are not changed");
    assert_eq!(bench.site_put(path, write.clone()).await.status, 204);
    assert_eq!(bench.site(&find).await.body["items"][0]["is_free_trial"], false);
    assert_eq!(bench.site("/bundles/3101").await.body["course_ids"], json!([2101, 2102]));
    for unknown in ["/bundles/1", "/bundles/x", "/bundles/1/enrollments", "/gift_cards"] {
        assert_refused(&bench.site(unknown).await, 404, &json!({"error": "Record not found."}));
    }
    let bundle = json!({"id": 3102, "name": "Cakes", "course_ids": [2103], "asynchronous": true});
    bench.sandbox.seed("thinkific", json!({"bundles": [bundle]})).unwrap();
    assert_eq!(bench.site_post("/bundles/3102/enrollments", write).await.status, 202);
}

#[tokio::test]
async fn lists_are_paged_and_a_product_is_not_its_course() {
    let bench = Bench::new().await;
    let courses: Vec<_> = (0..300).map(|n| json!({"id": 10_000 + n, "name": "Course"})).collect();
    bench.sandbox.seed("thinkific", json!({"courses": courses})).unwrap();
    for (query, length, next, pages) in [
        ("", 25, json!(2), 13),
        ("?limit=250", 250, json!(2), 2),
        ("?limit=1000&page=2", 53, json!(null), 2),
        ("?page=99", 0, json!(null), 13),
    ] {
        let page = bench.site(&format!("/courses{query}")).await.body;
        let pagination = &page["meta"]["pagination"];
        assert_eq!(page["items"].as_array().unwrap().len(), length, "{query}");
        assert_eq!((&pagination["next_page"], &pagination["total_pages"]), (&next, &json!(pages)), "{query}");
    }
    let products = bench.site("/products?limit=250&page=2").await.body;
    let bundle = products["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&bundle["productable_type"], &bundle["productable_id"]), (&json!("Bundle"), &json!(3101)));
    assert_ne!(bundle["id"], bundle["productable_id"]);
}

#[tokio::test]
async fn a_seed_that_names_what_is_not_there_is_refused_whole() {
    let bench = Bench::new().await;
    for seed in [
        json!({"courses": [{"id": 1, "name": "New"}], "users": [{"email": "unknown"}]}),
        json!({"bundles": [{"id": 1, "name": "New", "course_ids": [1]}]}),
        json!({"users": [{"email": "a@b.co", "enrollments": [{"course_id": 1}]}]}),
    ] {
        assert!(bench.sandbox.seed("thinkific", seed).is_err());
    }
    let state = bench.sandbox.state("thinkific").unwrap();
    assert_eq!((&state["users"], state["courses"].get("1")), (&json!([]), None));
}
