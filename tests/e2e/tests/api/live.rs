//! Lists for portals: with ETags, accounts by pages, the log as CSV.

use domain::app::App;
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Engine, Opens, Portal, Sample, Shop, Stacks, apart};

const TELL: &str = "send_notify_url_post_for_orders";

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let shop = Shop::open("api-etags").await;
    let portal = Portal::open(&shop.engine, "api-etags", "write").await;
    let again = async |path: &str, etag: &str| {
        portal.send(portal.request(Method::GET, path).header("if-none-match", etag)).await
    };
    for path in ["/v1/integrations", "/v1/rules?enabled=true", "/v1/actions", "/v1/events", "/v1/triggers"] {
        let first = portal.get(path).await;
        let (etag, body) = (first.etag.clone(), first.expect(200));
        assert!(etag.starts_with('"'), "{path}: {etag}");
        let same = again(path, &etag).await;
        assert_eq!((same.status.as_u16(), same.text.as_str(), &same.etag), (304, "", &etag), "{path}");
        assert_eq!(again(path, "\"another\"").await.expect(200), body, "{path}");
    }
    let rules = "/v1/rules?enabled=true";
    let etag = portal.get(rules).await.etag;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let changed = again(rules, &etag).await;
    assert_ne!(changed.etag, etag);
    assert_eq!(changed.expect(200)["items"][0]["id"], "rul_tell");
    // A single record has the ETag of its version, which changes require.
    let one = portal.get("/v1/rules/rul_tell").await;
    assert_eq!(one.etag, format!("\"{}\"", one.body["etag"].as_str().expect("a version")));
}

/// The number of batched reads by id, and of reads of single rules, since the last call.
async fn reads_of_names(engine: &Engine) -> (u64, u64) {
    let counts = engine.counts().await["counts"].clone();
    engine.count_anew().await;
    let of = |operation: &str, item: &str| {
        let rows = counts.as_array().expect("rows").iter();
        let rows = rows.filter(|row| row["operation"] == operation && row["item"] == item);
        rows.filter_map(|row| row["calls"].as_u64()).sum()
    };
    (of("BatchGetItem", ""), of("GetItem", "RULE"))
}

#[tokio::test]
async fn names_are_read_with_one_request_and_not_for_a_page_that_has_not_changed() {
    // The proxy counts the calls of this stack, so no other test may use it.
    let _apart = apart().await;
    let shop = Shop::open_on(Engine::faulty().await, "api-names").await;
    let portal = Portal::open(&shop.engine, "api-names", "write").await;
    for name in ["One", "Two", "Three"] {
        let tell = json!({ "name": name, "action": TELL });
        shop.rule(&format!("names_{name}"), Trigger::OrderCompleted, App::WEBHOOK, tell).await;
    }
    let order = Sample::read("order-completed.one-item").id("api-names").email("ada@api-names.example.com");
    let event = shop.publish([order.now()]).await[0];
    shop.ended(event, 1).await;
    let pages = [
        "/v1/actions".to_owned(),
        format!("/v1/events/{event}"),
        "/v1/buyers/timeline?email=ada%40api-names.example.com".to_owned(),
        "/v1/rules".to_owned(),
        "/v1/summary?until=2036-01-01T00:00:00Z&since=2035-12-31T00:00:00Z".to_owned(),
    ];
    for path in &pages {
        reads_of_names(&shop.engine).await;
        let first = portal.get(path).await;
        let named = u64::from(!path.starts_with("/v1/summary"));
        assert_eq!(reads_of_names(&shop.engine).await, (named, 0), "{path}: {}", first.text);
        let again = portal.request(Method::GET, path).header("if-none-match", &first.etag);
        assert_eq!(portal.send(again).await.status.as_u16(), 304, "{path}");
        assert_eq!(reads_of_names(&shop.engine).await, (0, 0), "{path}");
    }
    // A new name alone does not change the page, and is in the next response.
    let page = portal.get("/v1/actions").await;
    assert_eq!(page.body["items"][0]["integration_label"], "Webhook", "{}", page.text);
    let account = portal.get("/v1/integrations/int_webhook").await;
    let renamed = json!({ "label": "Orders" });
    portal.change(Method::PATCH, "/v1/integrations/int_webhook", &account.etag, &renamed).await.expect(200);
    let again = portal.request(Method::GET, "/v1/actions").header("if-none-match", &page.etag);
    assert_eq!(portal.send(again).await.status.as_u16(), 304);
    assert_eq!(portal.get("/v1/actions").await.body["items"][0]["integration_label"], "Orders");
}

#[tokio::test]
async fn accounts_are_listed_by_pages_and_a_webhook_by_an_address_without_secrets() {
    let shop = Shop::bare("api-accounts").await;
    let portal = Portal::open(&shop.engine, "api-accounts", "write").await;
    let sandbox = &shop.engine.outputs.sandbox_url;
    let hook = |label: &str| {
        json!({ "app": "webhook", "label": label, "credentials": {
            "url": format!("{sandbox}/webhook/api-accounts-s3cret?token=s3cret"),
            "signing_secret": crate::stack::SIGNING_SECRET,
        } })
    };
    for number in 0..3 {
        let made = portal.post("/v1/integrations", &hook(&format!("Hook {number}"))).await.expect(201);
        let address = format!("{sandbox}/webhook/api-…?token=…");
        assert_eq!(made["integration"]["address"], address, "{made}");
    }
    let key = json!({ "app": "kit", "label": "Kit", "method": "v4_key", "credentials": { "api_key": "kit_api-accounts" } });
    let kit = portal.post("/v1/integrations", &key).await.expect(201)["integration"].clone();
    assert_eq!(kit["address"], Value::Null);

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = portal.get(&format!("/v1/integrations?limit=3{cursor}")).await.expect(200);
        assert!(!page.to_string().contains("s3cret"), "{page}");
        seen.extend(page["items"].as_array().expect("items").iter().map(|one| one["id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        portal.get(&format!("/v1/integrations?app=kit&limit=3{cursor}")).await.expect(422);
    }
    assert_eq!(seen.len(), 4);
    let of_kit = portal.get("/v1/integrations?app=kit").await.expect(200);
    assert_eq!(of_kit["items"], json!([kit]));
}

#[tokio::test]
async fn a_first_connection_that_the_app_refuses_is_in_the_configuration_log() {
    let shop = Shop::bare("api-refused").await;
    let portal = Portal::open(&shop.engine, "api-refused", "write").await;
    let key = "kit_key-of-api-refused";
    let told = json!({ "app": App::KIT, "token": key, "state": "revoked" });
    shop.engine.sandbox_post("/_tokens", &told).await;
    let wish =
        json!({ "app": "kit", "label": "Newsletter", "method": "v4_key", "credentials": { "api_key": key } });
    portal.post("/v1/integrations", &wish).await.expect(422);
    let log = portal.get("/v1/configuration?ok=false").await.expect(200);
    let entry = &log["items"][0];
    assert_eq!((&entry["app"], &entry["action"]), (&json!("kit"), &json!("Connect App")), "{log}");
    let said = entry["message"].as_str().expect("text");
    assert!(said.starts_with("`Newsletter` is not connected: Kit ") && !said.contains(key), "{said}");
    assert_eq!(portal.get("/v1/integrations").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn the_log_is_exported_as_csv_with_its_filters_and_no_formula_in_it() {
    let shop = Shop::open("api-csv").await;
    let portal = Portal::open(&shop.engine, "api-csv", "read").await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let order = |id: &str, email: &str| Sample::read("order-completed.one-item").id(id).email(email).now();
    let mut jobs = Vec::new();
    for (id, email) in [("formula", "=1+1@csv.example.com"), ("plain", "ada@csv.example.com")] {
        let event = shop.publish([order(id, email)]).await[0];
        jobs.extend(shop.ended(event, 1).await);
    }
    let all = portal.get("/v1/actions/export").await;
    assert_eq!(all.status, 200, "{}", all.text);
    let rows: Vec<_> = all.text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 3, "{}", all.text);
    assert!(rows[0].starts_with("\"id\",\"event\",\"occurred_at\""), "{}", rows[0]);
    assert!(rows[1].starts_with(&format!("\"{}\"", jobs[1].id)), "the newest action first: {}", rows[1]);
    assert!(rows[2].contains(",\"'=1+1@csv.example.com\","), "{}", rows[2]);
    let ada = portal.get("/v1/actions/export?email=ada%40csv.example.com&status=performed").await;
    assert_eq!(ada.text.split_terminator("\r\n").count(), 2, "{}", ada.text);
    portal.get("/v1/actions/export?cursor=garbage").await.expect(422);
    portal.get("/v1/actions/export?limit=7").await.expect(400);

    // The same actions, by the time of their last change.
    let last = jobs.iter().map(|job| job.updated_at).max().expect("a time");
    let since = portal.get(&format!("/v1/actions?updated_since={last}")).await.expect(200);
    let found: Vec<_> = since["items"].as_array().expect("items").iter().map(|one| &one["id"]).collect();
    let newest = jobs.iter().filter(|job| job.updated_at == last).map(|job| job.id.to_string());
    assert_eq!(found, newest.map(Value::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());
}
