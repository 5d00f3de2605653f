//! The stand-in against HighLevel's documents.
use reqwest::{Method, StatusCode};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, answer};

impl Bench {
    async fn highlevel(&self, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}/highlevel/{path}", self.sandbox.url());
        let request = self.client.request(method, url).bearer_auth("t0ken").header("Version", "2021-07-28");
        answer(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// An upsert into the demo location.
    async fn upsert(&self, mut body: Value) -> Answer {
        body["locationId"] = json!("demo");
        self.highlevel(Method::POST, "contacts/upsert", body).await
    }

    async fn contact(&self, email: &str) -> Value {
        let state = self.get(&format!("/_state/highlevel?location=demo&email={email}")).await.body;
        state["locations"][0]["contacts"][0].clone()
    }
}

fn ann() -> Value {
    json!({ "email": "Ann@Shop.test", "firstName": "Ann" })
}

/// An error document with this message.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, message: impl Into<Value>) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["message"]),
        (status, &message.into()),
        "{}",
        answer.body
    );
    assert_eq!(answer.body["statusCode"], status);
}

#[tokio::test]
async fn a_call_has_a_token_and_the_version_and_stays_in_its_locations() {
    let bench = Bench::new().await;
    let call = async |token: Option<&str>, version: Option<&str>| {
        let mut request = bench.client.get(format!("{}/highlevel/locations/demo", bench.sandbox.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        answer(if let Some(version) = version { request.header("Version", version) } else { request }).await
    };
    let version = Some("2021-07-28");
    let named = call(Some("t0ken"), version).await;
    assert_eq!((named.status, &named.body["location"]["name"]), (StatusCode::OK, &json!("Demo Bookshop")));
    let invalid = "Invalid token: access token is invalid";
    for token in [None, Some("")] {
        assert_problem(&call(token, version).await, 401, invalid);
    }
    assert_problem(&call(Some("t0ken"), None).await, 401, "version header was not found.");
    assert_problem(&call(Some("t0ken"), Some("v3")).await, 401, "version header is invalid");
    for (standing, message) in [(Standing::Revoked, invalid), (Standing::Expired, "Invalid JWT")] {
        bench.sandbox.token("highlevel", "t0ken", standing).unwrap();
        assert_problem(&call(Some("t0ken"), version).await, 401, message);
    }
    bench.sandbox.token("highlevel", "t0ken", Standing::Valid).unwrap();
    for path in ["locations/gone", "locations/gone/tags", "contacts/search/duplicate?locationId=gone&email=a"]
    {
        let refused = bench.highlevel(Method::GET, path, Value::Null).await;
        assert_problem(&refused, 403, "The token does not have access to this location.");
    }
    let lookup = bench.highlevel(Method::GET, "contacts/lookup", Value::Null).await;
    assert_eq!(lookup.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_upsert_creates_then_updates_and_each_write_is_counted() {
    let bench = Bench::new().await;
    let created = bench.upsert(ann()).await;
    assert_eq!((created.status, &created.body["new"]), (StatusCode::OK, &json!(true)));
    assert!(created.body["traceId"].is_string());
    let again = bench.upsert(json!({ "email": "ANN@shop.test", "city": "Oslo", "firstName": null })).await;
    assert_eq!(
        (&again.body["new"], &again.body["contact"]["id"]),
        (&json!(false), &created.body["contact"]["id"])
    );
    let contact = bench.contact("ann@shop.test").await;
    assert_eq!((&contact["city"], &contact["firstName"]), (&json!("Oslo"), &Value::Null));
    assert_eq!(contact["counts"], json!({ "created": 1, "updated": 1 }));
    assert_eq!(
        (&contact["changes"][1]["kind"], &contact["changes"][1]["request"]),
        (&json!("updated"), &json!(2))
    );
    assert_eq!(bench.sandbox.state("highlevel").unwrap()["totals"], json!({ "created": 1, "updated": 1 }));
}

#[tokio::test]
async fn contacts_are_matched_in_the_locations_order_and_a_field_of_another_is_left_out() {
    let bench = Bench::new().await;
    let id = async |body: Value| bench.upsert(body).await.body["contact"]["id"].clone();
    let ann = id(ann()).await;
    let bob = id(json!({ "email": "bob@shop.test", "phone": "+1 555 0100" })).await;
    let both = bench.upsert(json!({ "email": "ann@shop.test", "phone": "+15550100" })).await;
    assert_eq!((&both.body["contact"]["id"], &both.body["contact"]["phone"]), (&ann, &Value::Null));
    assert_eq!(id(json!({ "email": "robert@shop.test", "phone": "+1 (555) 0100" })).await, bob);
    assert_eq!(bench.contact("robert@shop.test").await["counts"]["updated"], 1, "the address was replaced");
    let order = json!({ "locations": [{ "id": "demo", "order": ["phone", "email"] }] });
    bench.sandbox.seed("highlevel", order).unwrap();
    assert_eq!(id(json!({ "email": "ann@shop.test", "phone": "+15550100" })).await, bob);
    assert_problem(
        &bench.upsert(json!({ "firstName": "Ann" })).await,
        400,
        "Pass at least one of email, phone",
    );
}

#[tokio::test]
async fn a_contact_is_created_once_unless_the_location_allows_duplicates() {
    let bench = Bench::new().await;
    let create = async |location: &str, mut body: Value| {
        body["locationId"] = json!(location);
        bench.highlevel(Method::POST, "contacts/", body).await
    };
    let ann = || json!({ "email": "Ann@Shop.test", "firstName": "Ann", "phone": "+1 555 0100" });
    let created = create("demo", ann()).await;
    assert_eq!(
        (created.status, &created.body["contact"]["phone"]),
        (StatusCode::CREATED, &json!("+1 555 0100"))
    );
    for (body, by) in [
        (ann(), "email"),
        (json!({ "email": "bob@shop.test", "phone": "+15550100" }), "phone"),
        (json!({ "email": "ann@shop.test", "phone": "+15550199" }), "email"),
    ] {
        let refused = create("demo", body).await;
        assert_problem(&refused, 400, "This location does not allow duplicated contacts.");
        let id = &created.body["contact"]["id"];
        assert_eq!(
            refused.body["meta"],
            json!({ "contactId": id, "contactName": "Ann", "matchingField": by })
        );
    }
    assert_eq!(bench.contact("ann@shop.test").await["counts"], json!({ "created": 1 }));
    let by_email = json!({ "locations": [{ "id": "demo", "order": ["email"] }] });
    bench.sandbox.seed("highlevel", by_email).unwrap();
    let bob = create("demo", json!({ "email": "bob@shop.test", "phone": "+15550100" })).await;
    assert_eq!(bob.status, StatusCode::CREATED, "the location compares addresses only");
    let [first, second] = [create("lenient", ann()).await, create("lenient", ann()).await];
    assert_eq!(second.status, StatusCode::CREATED);
    assert_ne!(first.body["contact"]["id"], second.body["contact"]["id"]);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_takes_nothing_of_anothers() {
    let bench = Bench::new().await;
    let id = bench.upsert(ann()).await.body["contact"]["id"].as_str().unwrap().to_owned();
    bench.upsert(json!({ "email": "bob@shop.test", "phone": "+1 555 0100" })).await;
    let update = async |body: Value| bench.highlevel(Method::PUT, &format!("contacts/{id}"), body).await;
    let taken = update(json!({ "phone": "+15550100" })).await;
    assert_problem(&taken, 400, "This location does not allow duplicated contacts.");
    assert_eq!(taken.body["meta"]["matchingField"], "phone");
    let updated = update(json!({ "phone": "+15550199" })).await;
    assert_eq!(updated.body["contact"]["phone"], "+15550199", "{}", updated.body);
    assert_eq!(bench.contact("ann@shop.test").await["firstName"], ann()["firstName"]);
    let elsewhere = update(json!({ "locationId": "lenient" })).await;
    assert_problem(&elsewhere, 422, json!(["property locationId should not exist"]));
}

#[tokio::test]
async fn a_contested_contact_is_not_found_until_creating_it_is_refused() {
    let bench = Bench::new().await;
    let contested = json!({ "fields": { "email": "ann@shop.test" }, "contested": true });
    bench
        .sandbox
        .seed("highlevel", json!({ "locations": [{ "id": "demo", "contacts": [contested] }] }))
        .unwrap();
    let find = async || {
        let path = "contacts/search/duplicate?locationId=demo&email=ann%40shop.test";
        bench.highlevel(Method::GET, path, Value::Null).await.body["contact"]["id"].clone()
    };
    assert_eq!(find().await, Value::Null);
    let body = json!({ "email": "ann@shop.test", "locationId": "demo" });
    let lost = bench.highlevel(Method::POST, "contacts/", body).await;
    assert_problem(&lost, 400, "This location does not allow duplicated contacts.");
    assert_eq!(find().await, lost.body["meta"]["contactId"]);
}

#[tokio::test]
async fn tags_are_added_removed_and_made_and_an_upsert_replaces_them() {
    let bench = Bench::new().await;
    let id = bench.upsert(ann()).await.body["contact"]["id"].as_str().unwrap().to_owned();
    let path = format!("contacts/{id}/tags");
    let added = bench.highlevel(Method::POST, &path, json!({ "tags": ["Gold", "VIP"] })).await;
    assert_eq!((added.status, &added.body), (StatusCode::CREATED, &json!({ "tags": ["gold", "vip"] })));
    let removed = bench.highlevel(Method::DELETE, &path, json!({ "tags": ["GOLD", "never"] })).await;
    assert_eq!((removed.status, &removed.body), (StatusCode::OK, &json!({ "tags": ["vip"] })));
    let all = bench.highlevel(Method::GET, "locations/demo/tags", Value::Null).await.body;
    let names: Vec<_> = all["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    assert_eq!(names, ["customer", "gold", "refunded", "vip"]);
    assert_eq!(all["tags"][0]["locationId"], "demo");
    let mut trap = ann();
    trap["tags"] = json!(["only"]);
    assert_eq!(bench.upsert(trap).await.body["contact"]["tags"], json!(["only"]));
    let contact = bench.contact("ann@shop.test").await;
    assert_eq!(
        contact["counts"],
        json!({ "created": 1, "updated": 1, "tag_on": 2, "tag_off": 2, "tags_replaced": 1 })
    );
    assert_eq!(
        (&contact["changes"][3]["tag"], &contact["changes"][3]["changed"]),
        (&json!("gold"), &json!(true))
    );
    for method in [Method::POST, Method::DELETE] {
        let gone = bench.highlevel(method.clone(), "contacts/c9/tags", json!({ "tags": ["x"] })).await;
        assert_problem(&gone, 400, "Contact with id c9 not found");
        for (body, message) in [
            (Value::Null, "tags must be an array"),
            (json!({ "tags": "x" }), "tags must be an array"),
            (json!({ "tags": [1] }), "each value in tags must be a string"),
            (json!({ "tags": [], "email": "a@b.co" }), "property email should not exist"),
        ] {
            assert_problem(&bench.highlevel(method.clone(), &path, body).await, 422, json!([message]));
        }
    }
}

#[tokio::test]
async fn a_search_finds_one_contact_or_null() {
    let bench = Bench::new().await;
    bench.upsert(json!({ "email": "ann+shop@shop.test", "phone": "+15550100" })).await;
    let find = async |query: &str| {
        let path = format!("contacts/search/duplicate?locationId=demo{query}");
        bench.highlevel(Method::GET, &path, Value::Null).await
    };
    for query in ["&email=ANN%2Bshop%40shop.test", "&number=%2B15550100", "&email=x&number=%2B15550100"] {
        assert_eq!(find(query).await.body["contact"]["email"], "ann+shop@shop.test", "{query}");
    }
    // A query decodes an unencoded plus as a space.
    let nobody = find("&email=ann+shop@shop.test").await;
    assert_eq!((nobody.status, &nobody.body["contact"]), (StatusCode::OK, &Value::Null));
    assert_problem(&find("").await, 400, "Pass at least one of number, email query parameter");
    let nowhere = bench.highlevel(Method::GET, "contacts/search/duplicate?email=a", Value::Null).await;
    assert_problem(&nowhere, 422, json!(["locationId should not be empty"]));
}

#[tokio::test]
async fn requests_are_validated() {
    let bench = Bench::new().await;
    let wrong =
        json!({ "email": "ann@", "firstName": 1, "postalCode": null, "first_name": "Ann", "tags": {} });
    let messages = json!([
        "tags must be an array",
        "property first_name should not exist",
        "firstName must be a string",
        "postalCode must be a string",
        "email must be an email",
    ]);
    let refused = bench.upsert(wrong).await;
    let sorted = |value: &Value| {
        let mut list: Vec<String> = serde_json::from_value(value.clone()).unwrap();
        list.sort();
        list
    };
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sorted(&refused.body["message"]), sorted(&messages));
    assert_eq!(refused.body["error"], "Unprocessable Entity");
    let nowhere = bench.highlevel(Method::POST, "contacts/upsert", ann()).await;
    assert_problem(&nowhere, 422, json!(["locationId should not be empty"]));
    let raw = async |kind: &str, body: &'static str| {
        let url = format!("{}/highlevel/contacts/upsert", bench.sandbox.url());
        let request = bench.client.post(url).bearer_auth("t0ken").header("Version", "2021-07-28");
        answer(request.header("content-type", kind).body(body)).await.status.as_u16()
    };
    let whole = r#"{"locationId":"demo","email":"ann@shop.test","dnd":false}"#;
    assert_eq!(raw("text/plain", whole).await, 422);
    assert_eq!(raw("application/json", "{").await, 400);
    assert_eq!(raw("application/json; charset=utf-8", whole).await, 200);
    assert!(bench.sandbox.seed("highlevel", json!({ "locations": [{ "id": "demo", "list": 1 }] })).is_err());
}
