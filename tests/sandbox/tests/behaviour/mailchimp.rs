//! The stand-in against Mailchimp's documents.
use reqwest::{Method, StatusCode};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, KEY, answer};

const LISTS: &str = "/mailchimp/3.0/lists";
/// MD5 of `ann@shop.test`.
const ANN: &str = "37aa5e15c616d9f53a7a04f533860d69";

impl Bench {
    async fn put(&self, list: &str, member: &str, body: Value) -> Answer {
        self.send(Method::PUT, &format!("{LISTS}/{list}/members/{member}"), body).await
    }

    async fn patch(&self, member: &str, body: Value) -> Answer {
        self.send(Method::PATCH, &format!("{LISTS}/demo/members/{member}"), body).await
    }

    async fn delete(&self, member: &str) -> Answer {
        answer(self.call(Method::DELETE, &format!("{LISTS}/demo/members/{member}"))).await
    }

    async fn tag(&self, member: &str, name: &str, status: &str) -> Answer {
        let body = json!({ "tags": [{ "name": name, "status": status }] });
        self.post(&format!("{LISTS}/demo/members/{member}/tags"), body).await
    }

    async fn member(&self, list: &str, email: &str) -> Value {
        let state = self.get(&format!("/_state/mailchimp?list={list}&email={email}")).await.body;
        state["audiences"][0]["members"][0].clone()
    }
}

fn ann() -> Value {
    json!({ "email_address": "Ann@Shop.test", "status_if_new": "subscribed", "merge_fields": { "FNAME": "Ann" } })
}

/// An error document with this title, whose detail contains `detail`.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, title: &str, detail: &str) {
    assert_eq!((answer.status.as_u16(), &answer.body["title"]), (status, &json!(title)), "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains(detail), "{}", answer.body);
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["type"].is_string() && answer.body["instance"].is_string());
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/problem+json"));
}

#[tokio::test]
async fn keys_are_accepted_as_basic_or_bearer_and_refused_as_the_vendor_does() {
    let bench = Bench::new().await;
    let ping = format!("{}/mailchimp/3.0/ping", bench.sandbox.url());
    let call = async |token: Option<&str>| {
        let request = bench.client.get(&ping);
        answer(if let Some(token) = token { request.bearer_auth(token) } else { request }).await
    };
    let health = bench.get("/mailchimp/3.0/ping").await;
    assert_eq!(health.body, json!({ "health_status": "Everything's Chimpy!" }));
    assert_eq!(call(Some(KEY)).await.status, StatusCode::OK);
    assert_problem(&call(None).await, 401, "API Key Missing", "did not include an API key");
    let no_center = answer(bench.client.get(&ping).basic_auth("any", Some("nodatacenter"))).await;
    assert_problem(&no_center, 401, "API Key Invalid", "wrong datacenter");
    bench.sandbox.token("mailchimp", KEY, Standing::Revoked).unwrap();
    assert_problem(&call(Some(KEY)).await, 401, "API Key Invalid", "disabled");
    assert_problem(&bench.get("/mailchimp/3.0/lists").await, 401, "API Key Invalid", "");
    bench.sandbox.token("mailchimp", KEY, Standing::Expired).unwrap();
    assert_problem(&call(Some(KEY)).await, 401, "API Key Invalid", "may be invalid");
    bench.sandbox.token("mailchimp", KEY, Standing::Valid).unwrap();
    assert_eq!(bench.get("/mailchimp/3.0/").await.body["account_name"], "Sandbox");
}

#[tokio::test]
async fn put_adds_then_updates_and_each_write_is_counted() {
    let bench = Bench::new().await;
    let added = bench.put("demo", ANN, ann()).await;
    assert_eq!(added.status, StatusCode::OK);
    assert_eq!((&added.body["id"], &added.body["status"]), (&json!(ANN), &json!("subscribed")));
    assert_eq!(added.body["merge_fields"]["FNAME"], "Ann");
    assert_eq!(added.body["merge_fields"]["LNAME"], "");
    let again = bench.put("demo", "ANN@shop.test", ann()).await;
    assert_eq!((again.status, &again.body["id"]), (StatusCode::OK, &json!(ANN)));

    let member = bench.member("demo", "ann@shop.test").await;
    assert_eq!(member["counts"], json!({ "added": 1, "updated": 1 }));
    let changes = &member["changes"];
    assert_eq!(
        (&changes[0]["kind"], &changes[0]["request"], &changes[0]["changed"]),
        (&json!("added"), &json!(1), &json!(true))
    );
    assert_eq!((&changes[1]["kind"], &changes[1]["changed"]), (&json!("updated"), &json!(false)));
    assert_eq!(bench.sandbox.state("mailchimp").unwrap()["totals"], json!({ "added": 1, "updated": 1 }));
}

#[tokio::test]
async fn status_if_new_leaves_existing_members_as_they_are_and_status_does_not() {
    let bench = Bench::new().await;
    bench.put("demo", ANN, ann()).await;
    assert_eq!(bench.patch(ANN, json!({ "status": "unsubscribed" })).await.body["status"], "unsubscribed");
    assert_eq!(bench.put("demo", ANN, ann()).await.body["status"], "unsubscribed");
    let mut back = ann();
    back["status"] = json!("subscribed");
    assert_eq!(bench.put("demo", ANN, back.clone()).await.body["status"], "subscribed");
    assert_eq!(bench.delete(ANN).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bench.put("demo", ANN, ann()).await.body["status"], "archived");
    assert_eq!(bench.put("demo", ANN, back).await.body["status"], "subscribed");
}

#[tokio::test]
async fn post_adds_once_with_tags_and_then_says_member_exists() {
    let bench = Bench::new().await;
    let path = format!("{LISTS}/demo/members");
    let body = json!({ "email_address": "ann@shop.test", "status": "subscribed", "tags": ["New"] });
    let added = bench.post(&path, body.clone()).await;
    assert_eq!((added.status, &added.body["tags"][0]["name"]), (StatusCode::OK, &json!("New")));
    let exists = bench.post(&path, body).await;
    assert_problem(&exists, 400, "Member Exists", "ann@shop.test is already a list member. Use PUT");
    let unsaid = bench.post(&path, json!({ "email_address": "bob@shop.test" })).await;
    assert_eq!(unsaid.body["errors"][0]["message"], "Required fields were not provided: status");
}

#[tokio::test]
async fn delete_archives_and_who_is_absent_or_archived_cannot_be() {
    let bench = Bench::new().await;
    assert_problem(&bench.delete(ANN).await, 404, "Resource Not Found", "could not be found");
    assert_problem(
        &bench.patch(ANN, json!({ "status": "unsubscribed" })).await,
        404,
        "Resource Not Found",
        "",
    );
    bench.put("demo", ANN, ann()).await;
    let archived = bench.delete("ann%40shop.test").await;
    assert_eq!((archived.status, archived.body), (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(bench.member("demo", "ann@shop.test").await["status"], "archived");
    let again = bench.delete(ANN).await;
    assert_problem(&again, 405, "Method Not Allowed", "This list member cannot be removed.");
    assert_eq!(again.headers["allow"], "GET, PUT");
    assert_eq!(bench.get(&format!("{LISTS}/demo/members/{ANN}")).await.body["status"], "archived");
    let forever =
        bench.post(&format!("{LISTS}/demo/members/{ANN}/actions/delete-permanent"), Value::Null).await;
    assert_problem(&forever, 404, "Resource Not Found", "");
}

#[tokio::test]
async fn tags_are_made_switched_and_listed() {
    let bench = Bench::new().await;
    assert_problem(&bench.tag(ANN, "Gold", "active").await, 404, "Resource Not Found", "");
    let contact = bench.put("demo", ANN, ann()).await.body["contact_id"].clone();
    for (name, status) in [("Gold", "active"), ("Gold", "active"), ("Never", "inactive")] {
        let switched = bench.tag(ANN, name, status).await;
        assert_eq!((switched.status, switched.body), (StatusCode::NO_CONTENT, Value::Null));
    }
    let of_member = bench.get(&format!("{LISTS}/demo/members/{}/tags", contact.as_str().unwrap())).await.body;
    assert_eq!((&of_member["total_items"], &of_member["tags"][0]["name"]), (&json!(1), &json!("Gold")));
    let names = async |query: &str| {
        let found = bench.get(&format!("{LISTS}/demo/tag-search{query}")).await.body;
        found["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Customer", "Gold", "VIP"]);
    assert_eq!(names("?name=go").await, ["Gold"]);
    let segments = bench.get(&format!("{LISTS}/demo/segments?type=static&count=1000")).await.body;
    assert_eq!((&segments["total_items"], &segments["segments"][1]["member_count"]), (&json!(3), &json!(1)));

    assert_eq!(bench.tag(ANN, "Gold", "inactive").await.status, StatusCode::NO_CONTENT);
    let member = bench.member("demo", "ann@shop.test").await;
    assert_eq!(
        (&member["tags"], &member["counts"]["tag_on"], &member["counts"]["tag_off"]),
        (&json!([]), &json!(2), &json!(2))
    );
    assert_problem(&bench.tag(ANN, "Gold", "on").await, 400, "Invalid Resource", "could not be validated");
    assert_problem(&bench.tag(ANN, " ", "active").await, 400, "Invalid Resource", "");
    assert_problem(
        &bench.post(&format!("{LISTS}/demo/members/{ANN}/tags"), json!({})).await,
        400,
        "Invalid Resource",
        "",
    );
}

#[tokio::test]
async fn those_who_opted_out_are_only_asked_back() {
    let bench = Bench::new().await;
    let members = json!([{ "email": "ann@shop.test", "status": "unsubscribed", "opted_out": true }]);
    bench.sandbox.seed("mailchimp", json!({ "audiences": [{ "id": "demo", "members": members }] })).unwrap();
    assert_eq!(bench.put("demo", ANN, ann()).await.body["status"], "unsubscribed");
    let mut body = ann();
    body["status"] = json!("subscribed");
    let refused = bench.put("demo", ANN, body.clone()).await;
    assert_problem(
        &refused,
        400,
        "Member In Compliance State",
        "is in a compliance state due to unsubscribe",
    );
    assert_problem(
        &bench.patch(ANN, json!({ "status": "subscribed" })).await,
        400,
        "Member In Compliance State",
        "",
    );
    assert_problem(
        &bench.post(&format!("{LISTS}/demo/members"), body.clone()).await,
        400,
        "Member In Compliance State",
        "",
    );
    body["status"] = json!("pending");
    assert_eq!(bench.put("demo", ANN, body).await.body["status"], "pending");
    assert_eq!(bench.member("demo", "ann@shop.test").await["counts"]["confirmation_sent"], 1);
    assert_problem(&bench.delete(ANN).await, 405, "Method Not Allowed", "");
}

#[tokio::test]
async fn flagged_addresses_are_refused_and_ordinary_ones_never() {
    let bench = Bench::new().await;
    let flags = ["fake", "busy", "forgotten", "exists"]
        .map(|flag| json!({ "email": format!("{flag}@Example.com"), "verdict": flag }));
    bench.sandbox.seed("mailchimp", json!({ "addresses": flags })).unwrap();
    let put = async |email: &str| {
        bench.put("demo", email, json!({ "email_address": email, "status_if_new": "pending" })).await
    };
    assert_problem(
        &put("fake@example.com").await,
        400,
        "Invalid Resource",
        "fake@example.com looks fake or invalid",
    );
    assert_problem(
        &put("busy@example.com").await,
        400,
        "Invalid Resource",
        "we're not allowing more signups for now",
    );
    assert_problem(
        &put("forgotten@example.com").await,
        400,
        "Forgotten Email Not Subscribed",
        "permanently deleted",
    );
    assert_problem(&put("exists@example.com").await, 400, "Member Exists", "");
    assert_eq!(put("ordinary+tag@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn requests_are_validated() {
    let bench = Bench::new().await;
    let put = async |body: Value| bench.put("demo", ANN, body).await;
    let other = put(json!({ "email_address": "bob@shop.test", "status_if_new": "subscribed" })).await;
    assert_problem(&other, 400, "Invalid Resource", "could not be validated");
    assert_eq!(other.body["errors"][0]["field"], "email_address");
    let status = put(json!({ "email_address": "ann@shop.test", "status_if_new": "archived" })).await;
    assert_eq!(status.body["errors"][0]["field"], "status_if_new");
    let unsaid = put(json!({ "email_address": "ann@shop.test" })).await;
    assert_eq!(unsaid.body["errors"][0]["message"], "Required fields were not provided: status_if_new");
    let types = put(json!({ "email_address": 1, "merge_fields": "x", "vip": "yes" })).await;
    let errors: Vec<_> =
        types.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(errors, ["email_address", "merge_fields", "vip"]);
    assert_problem(
        &put(json!({ "email_address": "ann@" })).await,
        400,
        "Invalid Resource",
        "valid email address",
    );
    assert_problem(&put(json!([])).await, 400, "Invalid Resource", "");
    assert_eq!(bench.patch("x", json!({})).await.status, StatusCode::NOT_FOUND);

    let raw = |kind: &'static str, body: &'static str| {
        answer(
            bench
                .call(Method::PUT, &format!("{LISTS}/demo/members/{ANN}"))
                .header("content-type", kind)
                .body(body),
        )
    };
    assert_problem(&raw("application/json; charset=utf-8", "{").await, 400, "JSON Parse Error", "");
    assert_problem(&raw("text/plain", "{}").await, 415, "Unsupported Media Type", "");
    assert_problem(
        &bench.send(Method::PUT, LISTS, Value::Null).await,
        405,
        "Method Not Allowed",
        "Allow header",
    );
    assert_problem(&bench.get("/mailchimp/3.0/campaigns").await, 404, "Resource Not Found", "");
    bench.put("demo", ANN, ann()).await;
    let transactional = bench.patch(ANN, json!({ "status": "transactional" })).await;
    assert_eq!(transactional.body["errors"][0]["field"], "status");
}

#[tokio::test]
async fn merge_fields_are_required_and_typed_as_the_audience_says() {
    let bench = Bench::new().await;
    let extra = json!({ "tag": "SPENT", "name": "Spent", "type": "number" });
    bench
        .sandbox
        .seed("mailchimp", json!({ "audiences": [{ "id": "strict", "merge_fields": [extra] }] }))
        .unwrap();
    let put = async |merge_fields: Value, query: &str| {
        let body = json!({ "email_address": "ann@shop.test", "status_if_new": "subscribed", "merge_fields": merge_fields });
        bench.put("strict", &format!("{ANN}{query}"), body).await
    };
    let unsaid = put(json!({ "FNAME": " " }), "").await;
    assert_problem(&unsaid, 400, "Invalid Resource", "Your merge fields were invalid.");
    assert_eq!(unsaid.body["errors"], json!([{ "field": "FNAME", "message": "Please enter a value" }]));
    assert_eq!(put(json!({}), "?skip_merge_validation=true").await.status, StatusCode::OK);
    let address = json!({ "addr1": "1 Road", "city": "Town", "state": "" });
    let misfits = put(json!({ "FNAME": "Ann", "SPENT": "much", "ADDRESS": address }), "").await;
    let fields: Vec<_> =
        misfits.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["ADDRESS", "SPENT"]);
    let stored = put(json!({ "FNAME": "Ann", "SPENT": "12.5", "NOSUCH": "x" }), "").await;
    assert_eq!(stored.body["merge_fields"]["SPENT"], "12.5");
    assert!(stored.body["merge_fields"].get("NOSUCH").is_none());
    let fields = bench.get(&format!("{LISTS}/strict/merge-fields?count=100")).await.body;
    assert_eq!((&fields["total_items"], &fields["merge_fields"][0]["required"]), (&json!(6), &json!(true)));
}

#[tokio::test]
async fn lists_are_paged_and_narrowed_and_unknown_ones_absent() {
    let bench = Bench::new().await;
    let lists =
        bench.get(&format!("{LISTS}?count=1000&offset=0&fields=lists.id,lists.name,total_items")).await.body;
    let demo = json!({ "id": "demo", "name": "Demo customers" });
    assert_eq!((&lists["total_items"], &lists["lists"][0]), (&json!(3), &demo));
    assert_eq!(
        bench.get(&format!("{LISTS}?count=2&offset=2")).await.body["lists"].as_array().unwrap().len(),
        1
    );
    // Ten per page, although the document has no pagination.
    let tags: Vec<String> = (0..12).map(|n| format!("Tag {n:02}")).collect();
    let seed = json!({ "audiences": [{ "id": "newsletter", "tags": tags }] });
    bench.sandbox.seed("mailchimp", seed).unwrap();
    for (query, count) in [("", 10), ("?offset=10", 2), ("?count=1000", 12)] {
        let found = bench.get(&format!("{LISTS}/newsletter/tag-search{query}")).await.body;
        assert_eq!((&found["total_items"], found["tags"].as_array().unwrap().len()), (&json!(12), count));
    }
    assert_eq!(bench.get(&format!("{LISTS}/newsletter")).await.body["double_optin"], true);
    assert_problem(&bench.get(&format!("{LISTS}?count=1001")).await, 400, "Invalid Resource", "");
    for path in ["", "/members", "/tag-search", "/merge-fields", "/segments"] {
        assert_problem(&bench.get(&format!("{LISTS}/gone{path}")).await, 404, "Resource Not Found", "");
    }
    assert_problem(&bench.put("gone", ANN, ann()).await, 404, "Resource Not Found", "");
    bench.put("demo", ANN, ann()).await;
    bench.delete(ANN).await;
    assert_eq!(bench.get(&format!("{LISTS}/demo/members")).await.body["total_items"], 0);
    assert_eq!(bench.get(&format!("{LISTS}/demo/members?status=archived")).await.body["total_items"], 1);
}
