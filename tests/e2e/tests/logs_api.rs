//! The logs over HTTP: a merchant reads them in the portal and acts on them.

use std::collections::BTreeSet;

use domain::app::App;
use domain::id::{EventId, RuleId};
use domain::log::{JobRecord, Status};
use domain::trigger::Trigger;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stack::{Opens, Portal, Sample, Shop, now, until};

const TELL: &str = "send_notify_url_post_for_orders";

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@logs-api.example.com")).now()
}

async fn shop(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    shop
}

/// The shop's webhook rejects the next call permanently.
async fn refuse_once(shop: &Shop) {
    let fault = json!({ "app": "webhook", "path": format!("^/{}$", shop.id), "status": 410, "count": 1 });
    shop.engine.sandbox_post("/_faults", &fault).await;
}

/// The event's only action, once it had this number of attempts and has ended.
async fn after(shop: &Shop, id: EventId, attempts: usize) -> JobRecord {
    until(&format!("attempt {attempts} of {id}"), async || {
        let job = shop.event(id).await.1.pop()?;
        (job.history.len() >= attempts && job.status.is_final()).then_some(job)
    })
    .await
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_merchant_finds_what_failed_and_does_it_again() {
    let shop = shop("logs-api-retry").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    refuse_once(&shop).await;
    let refused = shop.publish([order("refused")]).await[0];
    let failed = after(&shop, refused, 1).await;
    assert_eq!(failed.status, Status::Rejected);
    let told = shop.publish([order("told")]).await[0];
    let done = after(&shop, told, 1).await;
    let (failed, done) = (failed.id.to_string(), done.id.to_string());

    let both = portal.get("/v1/actions").await.expect(200);
    assert_eq!(ids(&both), [done.as_str(), &failed]);
    let query = |query: &str| format!("/v1/actions?{query}");
    for only_failed in [
        "status=rejected,exhausted",
        "email=Refused%40logs-api.example.com",
        "q=refused@",
        "integration=int_webhook&status=rejected",
        "rule=rul_tell&status=rejected&app=webhook&trigger=order_completed",
    ] {
        let found = portal.get(&query(only_failed)).await.expect(200);
        assert_eq!(ids(&found), [failed.as_str()], "{only_failed}");
    }
    for nothing in ["integration=int_other", "app=kit", "to=2020-01-01T00:00:00Z", "order_id=nobodys"] {
        assert!(ids(&portal.get(&query(nothing)).await.expect(200)).is_empty(), "{nothing}");
    }
    let page = portal.get(&query("limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("more");
    let second = portal.get(&query(&format!("limit=1&cursor={cursor}"))).await.expect(200);
    assert_eq!((ids(&page), ids(&second)), (vec![done.as_str()], vec![failed.as_str()]));
    for wrong in ["cursor=garbage", &format!("limit=1&app=webhook&cursor={cursor}")] {
        let refused = portal.get(&query(wrong)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "cursor", "{wrong}");
    }
    for wrong in [
        "limit=0",
        "limit=101",
        "status=broken",
        "status=",
        "q=",
        "from=yesterday",
        "integration=1",
        "colour=red",
    ] {
        let refused = portal.get(&query(wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.text);
        assert!(refused.body["errors"][0]["field"].is_string(), "{wrong}: {}", refused.text);
    }

    let shown = portal.get(&format!("/v1/actions/{failed}")).await.expect(200);
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("rejected"), &json!(1)));
    // The receiver is gone, so the account has to change, not the rule.
    assert_eq!(shown["fix"], "account");
    let summary = portal.get("/v1/summary").await.expect(200);
    let last = &summary["failing_rules"][0]["last"];
    assert_eq!((&last["fix"], &last["integration"]), (&json!("account"), &json!("int_webhook")));
    portal.post(&format!("/v1/actions/{done}/retry"), &Value::Null).await.expect(409);
    portal.post(&format!("/v1/actions/{failed}/retry"), &Value::Null).await.expect(202);
    assert_eq!(after(&shop, refused, 2).await.status, Status::Performed);
    assert_eq!(portal.get(&format!("/v1/actions/{failed}")).await.expect(200)["fix"], Value::Null);
    portal.post(&format!("/v1/actions/{failed}/retry"), &Value::Null).await.expect(409);
    portal.post(&format!("/v1/actions/{failed}/retry?force=true"), &Value::Null).await.expect(202);
    assert_eq!(after(&shop, refused, 3).await.status, Status::Performed);
    assert_eq!(shop.deliveries().await.len(), 3);
}

#[tokio::test]
async fn an_event_says_why_and_is_replayed_alone_or_with_others() {
    let shop = shop("logs-api-events").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    shop.rule("off", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL, "enabled": false }))
        .await;
    shop.rule("refund", Trigger::ProductRefunded, App::WEBHOOK, json!({ "action": TELL })).await;
    let id = shop.publish([order("why")]).await[0];
    after(&shop, id, 1).await;

    let listed =
        portal.get("/v1/events?fired=true&kind=order_completed&trigger=order_completed").await.expect(200);
    assert_eq!(ids(&listed), [id.to_string()]);
    assert_eq!(listed["items"][0]["verdicts"], json!({ "fired": 1, "disabled": 1 }));
    let order = listed["items"][0]["order_id"].as_str().expect("an order");
    for of_order in [format!("/v1/events?order_id={order}"), format!("/v1/actions?order_id={order}")] {
        assert_eq!(ids(&portal.get(&of_order).await.expect(200)).len(), 1, "{of_order}");
    }
    let none = portal.get("/v1/events?fired=false").await.expect(200);
    assert!(ids(&none).is_empty());

    let event = portal.get(&format!("/v1/events/{id}")).await.expect(200);
    assert_eq!(event["detail"]["customer"]["email"], "why@logs-api.example.com");
    assert_eq!(event["actions"][0]["status"], "performed");
    assert_eq!(event["verdicts"].as_array().expect("verdicts").len(), 2);
    let why = portal.get(&format!("/v1/events/{id}/explanation")).await.expect(200);
    let off = why["read"].as_array().expect("read").iter().find(|verdict| verdict["rule"] == "rul_off");
    assert_eq!(off.expect("rul_off")["why"], "is disabled");
    assert_eq!(why["silent"][0]["rule"], "rul_refund", "{why}");
    let one = portal.get(&format!("/v1/events/{id}/explanation?rule=rul_refund")).await.expect(200);
    assert_eq!(
        (one["read"].as_array().map(Vec::len), one["silent"].as_array().map(Vec::len)),
        (Some(0), Some(1))
    );

    // One rule is evaluated among the others.
    shop.rule("twin", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL, "created_at": now() }))
        .await;
    let twin = portal.get(&format!("/v1/events/{id}/explanation?rule=rul_twin")).await.expect(200);
    let [twin] = &twin["unread"].as_array().expect("a list")[..] else { panic!("{twin}") };
    assert_eq!((&twin["rule"], &twin["other_rule"]), (&json!("rul_twin"), &json!("rul_tell")), "{twin}");

    // The event still has the verdict on a deleted rule; a rule that it never met has no verdict.
    let off: RuleId = "rul_off".parse().expect("an id");
    shop.engine.store.delete_rule(&shop.id, &off, now()).await.expect("deleted");
    let gone = portal.get(&format!("/v1/events/{id}/explanation?rule=rul_off")).await.expect(200);
    assert_eq!(gone["read"][0]["why"], "is disabled", "{gone}");
    let never = portal.get(&format!("/v1/events/{id}/explanation?rule=rul_gone")).await.expect(404);
    assert!(never["detail"].to_string().contains("no verdict on it"), "{never}");

    let replay = format!("/v1/events/{id}/replay");
    let dry = portal.post(&replay, &json!({ "dry": true, "force": true })).await.expect(200);
    assert_eq!((&dry["dry"], dry["actions"].as_array().map(Vec::len)), (&json!(true), Some(1)), "{dry}");
    let left = portal.post(&replay, &json!({})).await.expect(200);
    assert_eq!(
        (left["actions"].as_array().map(Vec::len), left["took_effect"].as_array().map(Vec::len)),
        (Some(0), Some(1))
    );
    let many =
        portal.post("/v1/replays", &json!({ "status": ["performed"], "force": true, "rules": "then" })).await;
    let many = many.expect(200);
    assert_eq!(
        (&many["looked_at"], &many["events"], &many["next_cursor"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert_eq!(after(&shop, id, 2).await.status, Status::Performed);
    for (wrong, field) in [
        (json!({ "cursor": "garbage" }), "/cursor"),
        (json!({ "email": "" }), "/email"),
        (json!({ "status": ["broken"] }), "/status/0"),
        (json!({ "colour": "red" }), "/colour"),
    ] {
        let refused = portal.post("/v1/replays", &wrong).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{wrong}: {refused}");
    }
    assert_eq!(shop.deliveries().await.len(), 2);
}

#[tokio::test]
async fn events_for_which_no_rule_fired_are_listed_apart() {
    let shop = shop("logs-api-silent").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    let off = json!({ "action": TELL, "enabled": false });
    shop.rule("off", Trigger::CheckoutCharged, App::WEBHOOK, off).await;
    let fired = shop.publish([order("fired")]).await[0];
    after(&shop, fired, 1).await;
    // The rule of one trigger is disabled, and the other trigger has no rule.
    let charged = Sample::read("checkout-charged.one-item").id("silent").now();
    let failed = Sample::read("checkout-failed.card-declined").id("failed").now();
    let silent = shop.publish([charged, failed]).await;
    let listed = until("the events for which no rule fired", async || {
        let listed = portal.get("/v1/events?fired=false").await.expect(200);
        (ids(&listed).len() == 2).then_some(listed)
    })
    .await;
    let listed: BTreeSet<_> = ids(&listed).into_iter().map(str::to_owned).collect();
    assert_eq!(listed, silent.iter().map(ToString::to_string).collect());
    assert_eq!(ids(&portal.get("/v1/events?fired=true").await.expect(200)), [fired.to_string()]);
}

#[tokio::test]
async fn a_buyers_story_is_told_and_then_erased() {
    let shop = shop("logs-api-buyer").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let at = (now() - SignedDuration::from_mins(10)).to_string();
    let id = shop.publish([order("buyer").with("/occurred_at", at)]).await[0];
    after(&shop, id, 1).await;
    let story = "/v1/buyers/timeline?email=Buyer%40logs-api.example.com";
    let entries = portal.get(story).await.expect(200);
    assert_eq!(entries["items"].as_array().map(Vec::len), Some(2), "{entries}");
    assert_eq!(entries["items"][0]["action"]["event"], id.to_string());
    assert_eq!(entries["items"][1]["event"]["id"], id.to_string());

    let erase = async || {
        let request = portal.request(Method::DELETE, "/v1/buyers?email=buyer%40logs-api.example.com");
        portal.send(request).await
    };
    let first = erase().await.expect(202);
    assert_eq!(
        (&first["events"], &first["actions"], &first["complete"]),
        (&json!(1), &json!(1), &json!(false))
    );
    assert_eq!(portal.get(story).await.expect(200)["items"], json!([]));
    portal.get(&format!("/v1/events/{id}")).await.expect(404);
    shop.settle_erasure("buyer@logs-api.example.com").await;
    assert_eq!(erase().await.expect(200)["complete"], true);
    for buyer in ["", "?email=ada"] {
        let refused =
            portal.send(portal.request(Method::DELETE, &format!("/v1/buyers{buyer}"))).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], "email");
    }
}

#[tokio::test]
async fn a_buyer_is_erased_whatever_the_address_has_in_it() {
    let shop = shop("logs-api-odd").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    for (n, email) in
        ["o#b@odd.example.com", "o/b@odd.example.com", "o?b%25@odd.example.com"].iter().enumerate()
    {
        let id = shop.publish([order(&format!("odd-{n}")).email(email)]).await[0];
        after(&shop, id, 1).await;
        let email = email.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let timeline = portal.get(&format!("/v1/buyers/timeline?email={email}")).await.expect(200);
        assert_eq!(timeline["items"].as_array().map(Vec::len), Some(2), "{timeline}");
        let erased = portal.send(portal.request(Method::DELETE, &format!("/v1/buyers?email={email}"))).await;
        assert_eq!(erased.expect(202)["events"], 1);
        portal.get(&format!("/v1/events/{id}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_prospect_is_erased_with_the_timer_over_http_too() {
    let shop = Shop::open("logs-api-prospect").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let email = "prospect@logs-api.example.com";
    let prospect = Sample::read("prospect-created.left-checkout").id("p-api").email(email).now();
    let id = shop.publish([prospect]).await[0];
    until("the timer", async || shop.event(id).await.0?.timer).await;
    let request = portal.request(Method::DELETE, &format!("/v1/buyers?email={email}"));
    assert_eq!(portal.send(request).await.expect(202)["timers"], 1);
}

#[tokio::test]
async fn nobody_sees_or_changes_anothers_logs_and_who_may_look_may_not_change() {
    let shop = shop("logs-api-owner").await;
    let id = shop.publish([order("owned")]).await[0];
    let job = after(&shop, id, 1).await.id;
    let stranger = Portal::open(&shop.engine, "logs-api-stranger", "write").await;
    let reader = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    for path in
        [format!("/v1/actions/{job}"), format!("/v1/events/{id}"), format!("/v1/events/{id}/explanation")]
    {
        reader.get(&path).await.expect(200);
        stranger.get(&path).await.expect(404);
    }
    for list in ["/v1/actions", "/v1/events", "/v1/actions?integration=int_webhook"] {
        assert_eq!(ids(&reader.get(list).await.expect(200)).len(), 1, "{list}");
        assert!(ids(&stranger.get(list).await.expect(200)).is_empty(), "{list}");
    }
    let timeline = "/v1/buyers/timeline?email=owned@logs-api.example.com";
    assert_eq!(stranger.get(timeline).await.expect(200)["items"], json!([]));
    let changes = [
        (Method::POST, format!("/v1/actions/{job}/retry"), Value::Null, 404),
        (Method::POST, format!("/v1/events/{id}/replay"), json!({}), 404),
        (Method::POST, "/v1/replays".to_owned(), json!({ "force": true }), 200),
        (Method::DELETE, "/v1/buyers?email=owned@logs-api.example.com".to_owned(), Value::Null, 202),
    ];
    for (method, path, body, status) in changes {
        reader.send(reader.request(method.clone(), &path).json(&body)).await.expect(403);
        stranger.send(stranger.request(method, &path).json(&body)).await.expect(status);
    }
    assert!(shop.event(id).await.0.is_some());
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn the_configuration_log_is_of_all_accounts_and_outlasts_them() {
    let shop = Shop::open("logs-api-configuration").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let stranger = Portal::open(&shop.engine, "logs-api-configuration-stranger", "read").await;
    let [account, other] = ["webhook", "mailchimp"].map(|app| format!("int_{app}"));
    for id in [&account, &other] {
        let path = format!("/v1/integrations/{id}");
        let tag = portal.get(&path).await.etag;
        let rename = json!({ "label": format!("Renamed {id}") });
        portal.change(Method::PATCH, &path, &tag, &rename).await.expect(200);
    }
    let path = format!("/v1/integrations/{account}");
    let tag = portal.get(&path).await.etag;
    assert!(portal.change(Method::DELETE, &path, &tag, &Value::Null).await.status.is_success());

    let log = async |portal: &Portal<'_>, filter: &str| {
        let page = portal.get(&format!("/v1/configuration?{filter}")).await.expect(200);
        let items = page["items"].as_array().expect("items").iter();
        items.map(|entry| entry["integration"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let all = log(&portal, "").await;
    assert!(all.len() >= 2 && all[0] == account && all.contains(&other), "{all:?}");
    let of_one = log(&portal, &format!("integration={account}")).await;
    assert!(!of_one.is_empty() && of_one.iter().all(|id| *id == account), "{of_one:?}");
    assert_eq!(log(&portal, &format!("integration={other}&ok=true")).await, [other.as_str()]);
    for nothing in ["ok=false", "q=circle", "to=2020-01-01T00:00:00Z", "from=2099-01-01T00:00:00Z"] {
        assert!(log(&portal, nothing).await.is_empty(), "{nothing}");
    }
    assert!(log(&stranger, "").await.is_empty());
    assert!(log(&stranger, &format!("integration={account}")).await.is_empty());
    portal.get("/v1/configuration?colour=red").await.expect(400);
}
