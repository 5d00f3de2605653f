//! The audit trail: the author and the parts of each change in the Configuration Log.

use domain::app::App;
use domain::log::Status;
use domain::rule::MOST_PRODUCTS;
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Caller, Engine, Opens, Portal, Sample, Shop, Stacks, until};

const TELL: &str = "send_notify_url_post_for_orders";

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@audit.example.com")).now()
}

fn actor() -> Value {
    json!({ "id": "usr_7", "name": "Ada Lovelace" })
}

/// A session with an actor.
async fn portal(shop: &Shop) -> Portal<'_> {
    let wish = json!({ "marketplace_id": shop.id, "permission": "write", "actor": actor() });
    Portal::open_with(&shop.engine, &wish).await
}

/// The entries that match a filter, oldest first.
async fn log(portal: &Portal<'_>, filter: &str) -> Vec<Value> {
    let page = portal.get(&format!("/v1/configuration?limit=100&{filter}")).await.expect(200);
    let mut entries = page["items"].as_array().expect("items").clone();
    entries.reverse();
    entries
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().expect("an action")).collect()
}

fn parts(entry: &Value) -> (&Value, &Value) {
    (&entry["before"], &entry["after"])
}

/// Changes the stored version of a resource.
async fn change(portal: &Portal<'_>, method: Method, path: &str, body: &Value) {
    let tag = portal.get(path).await.etag;
    let answer = portal.change(method, path, &tag, body).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

#[tokio::test]
async fn a_session_shows_its_actor_and_reserved_actor_ids_are_rejected() {
    let shop = Shop::open("api-audit-actor").await;
    let portal = portal(&shop).await;
    let unnamed = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let list = format!("/operator/marketplaces/{}/sessions", shop.id);
    let listed = shop.engine.call(Caller::Operator, "GET", &list, None).await.expect(200);
    let of = |session: &str| {
        let all = listed["items"].as_array().expect("items");
        all.iter().find(|item| item["session"] == session).expect("the session")["actor"].clone()
    };
    assert_eq!((of(&portal.session), of(&unnamed.session)), (actor(), Value::Null));
    for (wrong, field) in [
        (json!({ "id": "operator" }), "/actor/id"),
        (json!({ "id": "engine" }), "/actor/id"),
        (json!({ "id": "x".repeat(129) }), "/actor/id"),
        (json!({ "id": "usr_7", "name": "two\nlines" }), "/actor/name"),
    ] {
        let wish = json!({ "marketplace_id": shop.id, "permission": "read", "actor": wrong });
        let refused = shop.engine.call(Caller::Operator, "POST", "/operator/sessions", Some(&wish)).await;
        assert_eq!(refused.expect(422)["errors"][0]["field"], field, "{wrong}");
    }
    // The entry of a session without an actor has only the session's id.
    let rename = json!({ "label": "Orders" });
    change(&unnamed, Method::PATCH, "/v1/integrations/int_webhook", &rename).await;
    let entries = log(&unnamed, "kind=integration").await;
    assert_eq!((&entries[0]["actor"], &entries[0]["session"]), (&Value::Null, &json!(unnamed.session)));
}

#[tokio::test]
async fn rule_changes_are_logged_with_before_and_after_and_kept_after_deletion() {
    let shop = Shop::open("api-audit-rules").await;
    let portal = portal(&shop).await;
    let products = |first: usize| {
        let all: Vec<_> = (first..first + MOST_PRODUCTS).map(|number| format!("product-{number}")).collect();
        json!({ "kind": "products", "products": all })
    };
    let mut rule = json!({
        "name": "Tell", "scope": products(0), "trigger": "order_completed", "integration": "int_webhook",
        "action": TELL,
    });
    let made = portal.post("/v1/rules", &rule).await.expect(201)["rule"].clone();
    let id = made["id"].as_str().expect("an id");
    let path = format!("/v1/rules/{id}");
    change(&portal, Method::PATCH, &path, &json!({ "enabled": false })).await;
    // The transaction has as many writes as possible: deleted and added copies, and the entry.
    rule["enabled"] = json!(false);
    rule["scope"] = products(MOST_PRODUCTS);
    change(&portal, Method::PUT, &path, &rule).await;
    // The rule is saved without a change.
    change(&portal, Method::PUT, &path, &rule).await;

    let document = portal.get("/v1/rules/export").await.text.replace("name: Tell", "name: Tell them");
    let import = json!({ "document": document });
    let plan = portal.post("/v1/rules/import", &import).await.expect(200)["plan"].clone();
    let plan = plan.as_str().expect("a plan");
    let apply = format!("/v1/rules/import?apply=true&plan={plan}");
    assert_eq!(portal.post(&apply, &import).await.expect(200)["applied"], true);

    let etag = portal.get(&path).await.expect(200)["etag"].clone();
    let bulk =
        |change: &str, etag: &Value| json!({ "change": change, "rules": [{ "rule": id, "etag": etag }] });
    let enabled = portal.post("/v1/rules/bulk", &bulk("enable", &etag)).await.expect(200);
    let etag = enabled["results"][0]["etag"].clone();
    let copied = portal.post("/v1/rules/bulk", &bulk("duplicate", &etag)).await.expect(200);
    let copy = copied["results"][0]["copy"].as_str().expect("a copy").to_owned();
    assert_eq!(
        portal.post("/v1/rules/bulk", &bulk("delete", &etag)).await.expect(200)["results"][0]["status"],
        204
    );

    let entries = log(&portal, &format!("kind=rule&id={id}")).await;
    let all = ["Create Rule", "Disable Rule", "Edit Rule", "Edit Rule", "Enable Rule", "Delete Rule"];
    assert_eq!(actions(&entries), all);
    let (on, off) = (json!({ "enabled": true }), json!({ "enabled": false }));
    assert_eq!(parts(&entries[0]).0, &Value::Null);
    assert_eq!((&entries[0]["after"]["name"], &entries[0]["after"]["scope"]), (&json!("Tell"), &products(0)));
    assert_eq!(parts(&entries[1]), (&on, &off));
    let scope = |first| json!({ "scope": products(first) });
    assert_eq!(parts(&entries[2]), (&scope(0), &scope(MOST_PRODUCTS)));
    assert_eq!(parts(&entries[3]), (&json!({ "name": "Tell" }), &json!({ "name": "Tell them" })));
    assert_eq!(parts(&entries[4]), (&off, &on));
    assert_eq!((&entries[5]["before"]["name"], &entries[5]["after"]), (&json!("Tell them"), &Value::Null));
    for entry in &entries {
        assert_eq!((&entry["actor"], &entry["session"]), (&actor(), &json!(portal.session)), "{entry}");
        assert_eq!((&entry["integration"], &entry["app"]), (&json!("int_webhook"), &json!("webhook")));
    }
    assert_eq!(actions(&log(&portal, &format!("id={copy}")).await), ["Create Rule"]);
    let imported = log(&portal, &format!("kind=import&id={plan}")).await;
    assert_eq!(actions(&imported), ["Import Rules"]);
    assert_eq!(imported[0]["after"], json!({ "added": 0, "changed": 1, "removed": 0 }));

    let shown = shop.engine(&["config-log", "--kind", "rule", "--id", id, "--actor", "usr_7"]).await;
    assert!(shown.contains("Ada Lovelace") && shown.contains("Delete Rule") && shown.contains(id), "{shown}");
    shop.rule("by_the_engine", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    shop.engine(&["rules", "disable", "rul_by_the_engine"]).await;
    let by = async |actor: &str| log(&portal, &format!("id=rul_by_the_engine&actor={actor}")).await.len();
    assert_eq!((by("engine").await, by("operator").await, by("usr_7").await), (1, 1, 0));
}

#[tokio::test]
async fn action_buyer_and_account_changes_are_logged_without_email_addresses() {
    let shop = Shop::open("api-audit-actions").await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let portal = portal(&shop).await;
    let event = shop.publish([order("told")]).await[0];
    let job = shop.ended(event, 1).await.remove(0).id;
    let calls = async |count: usize| {
        until(&format!("call {count}"), async || {
            let job = shop.event(event).await.1.pop()?;
            (job.history.len() == count && job.status.is_final()).then_some(())
        })
        .await;
    };
    let replay = format!("/v1/events/{event}/replay");
    portal.post(&replay, &json!({ "force": true, "dry": true })).await.expect(200);
    portal.post(&replay, &json!({})).await.expect(200);
    portal.post(&replay, &json!({ "force": true })).await.expect(200);
    calls(2).await;
    portal.post(&format!("/v1/actions/{job}/retry?force=true"), &Value::Null).await.expect(202);
    calls(3).await;
    // Neither a replay that sends nothing nor a retry of an action that took effect is a change.
    portal.post(&format!("/v1/actions/{job}/retry"), &Value::Null).await.expect(409);

    let fault = json!({
        "app": "webhook", "path": format!("^/{}$", shop.id), "status": 429, "headers": { "retry-after": "7200" },
        "count": 1,
    });
    shop.engine.sandbox_post("/_faults", &fault).await;
    let waiting = shop.publish([order("waits")]).await[0];
    let waits = until("the wait", async || {
        shop.event(waiting).await.1.pop().filter(|job| job.status == Status::RateLimited)
    });
    let waits = waits.await.id.to_string();
    portal.post(&format!("/v1/actions/{waits}/cancel"), &Value::Null).await.expect(200);

    let replays = log(&portal, "kind=replay").await;
    assert_eq!(actions(&replays), ["Replay Events"]);
    assert_eq!(replays[0]["message"], "1 actions of 1 events sent again.");
    assert_eq!(actions(&log(&portal, &format!("kind=action&id={job}")).await), ["Retry Action"]);
    let canceled = log(&portal, &format!("kind=action&id={waits}")).await;
    assert_eq!(actions(&canceled), ["Cancel Action"]);
    assert_eq!(parts(&canceled[0]), (&json!({ "status": "rate_limited" }), &json!({ "status": "canceled" })));

    let erase = async |email: &str| {
        portal.send(portal.request(Method::DELETE, &format!("/v1/buyers?email={email}"))).await
    };
    assert_eq!(erase("told@audit.example.com").await.status.as_u16(), 202);
    assert_eq!(erase("told@audit.example.com").await.status.as_u16(), 202);
    assert_eq!(actions(&log(&portal, "kind=erasure").await), ["Erase Buyer"]);
    assert_eq!(erase("stranger@audit.example.com").await.status.as_u16(), 202);
    shop.settle_erasure("stranger@audit.example.com").await;
    erase("stranger@audit.example.com").await.expect(200);
    let erasures = log(&portal, "kind=erasure").await;
    assert_eq!(actions(&erasures), ["Erase Buyer", "Erase Buyer", "Finish Erasure"]);
    assert_eq!(erasures[1]["id"], erasures[2]["id"]);
    assert_ne!(erasures[0]["id"], erasures[1]["id"]);

    let account = "/v1/integrations/int_webhook";
    change(&portal, Method::PATCH, account, &json!({ "label": "Orders" })).await;
    change(&portal, Method::DELETE, account, &Value::Null).await;
    let of_account = log(&portal, "kind=integration&id=int_webhook").await;
    assert_eq!(actions(&of_account), ["Edit Instance", "Disconnect App"]);
    assert_eq!(parts(&of_account[0]), (&json!({ "label": "Webhook" }), &json!({ "label": "Orders" })));
    assert_eq!(parts(&of_account[1]).1, &Value::Null);
    assert_eq!(actions(&log(&portal, "id=rul_tell&actor=usr_7").await), ["Disable Rule"]);

    let all = log(&portal, "actor=usr_7").await;
    assert_eq!(all.len(), 9, "{all:?}");
    assert!(all.iter().all(|entry| entry["actor"] == actor() && entry["session"] == portal.session.as_str()));
    assert!(!json!(all).to_string().contains("audit.example.com"), "{all:?}");
    let operators = format!("/operator/configuration?marketplace_id={}&actor=usr_7&limit=100", shop.id);
    let operators = shop.engine.call(Caller::Operator, "GET", &operators, None).await.expect(200);
    assert!(operators["items"].as_array().expect("items").iter().eq(all.iter().rev()), "{operators}");
}

#[tokio::test]
async fn app_pauses_are_in_the_log_of_all_marketplaces() {
    let shop = Shop::open_on(Engine::operated().await, "api-audit-pause").await;
    let portal = portal(&shop).await;
    let call = async |method: &str, path: &str, body: Option<&Value>| {
        shop.engine.call(Caller::Operator, method, path, body).await.expect(200)
    };
    let note = json!({ "note": "Its API is down" });
    let resume = async || call("POST", "/operator/apps/thinkific/resume", None).await;
    resume().await;
    let since = call("POST", "/operator/apps/thinkific/pause", Some(&note)).await["since"].clone();
    resume().await;
    // The app is not paused any more.
    resume().await;

    let page = call("GET", "/operator/configuration?kind=app&id=thinkific&actor=operator", None).await;
    let entries = page["items"].as_array().expect("items");
    assert_eq!(actions(entries), ["Resume App", "Pause App"]);
    let paused = json!({ "note": note["note"], "since": since });
    assert_eq!(parts(&entries[0]), (&paused, &Value::Null));
    assert_eq!(parts(&entries[1]), (&Value::Null, &paused));
    for entry in entries {
        let by = json!({ "id": "operator", "name": null });
        assert_eq!(
            (&entry["app"], &entry["actor"], &entry["session"]),
            (&json!("thinkific"), &by, &Value::Null)
        );
    }
    assert!(log(&portal, "kind=app").await.is_empty());
}
