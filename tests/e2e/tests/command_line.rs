//! The operator's command line: from the log to an action, a buyer, a session, a rejected fact.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::app::App;
use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Caller, Engine, Opens, Sample, Shop, Stacks, until};

const TELL: &str = "send_notify_url_post_for_orders";

fn order(id: &str) -> Sample {
    let email = format!("{id}@command-line.example.com");
    Sample::read("order-completed.one-item").id(id).email(&email).now().with("/order/id", id)
}

async fn tells(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    shop
}

/// The objects that a command prints, one per line.
async fn lines(shop: &Shop, args: &[&str]) -> Vec<Value> {
    let said = shop.engine(&[args, &["--json"]].concat()).await;
    said.lines().map(|line| serde_json::from_str(line).expect("JSON on each line")).collect()
}

#[tokio::test]
async fn an_action_is_found_in_the_log_and_followed_by_its_id() {
    let shop = tells("command-line-log").await;
    let (one, other) = (order("log-one"), order("log-other"));
    let ids = shop.publish([one, other]).await;
    for id in &ids {
        shop.ended(*id, 1).await;
    }
    assert_eq!(lines(&shop, &["log"]).await.len(), 2);
    for filters in [
        &["--email", "LOG-one@command-line.example.com"][..],
        &["--order", "log-one"],
        &["--order", "log-one", "--status", "rejected,performed", "--rule", "rul_tell", "--since", "1h"],
        &["--order", "log-one", "--integration", "Webhook", "--trigger", "order_completed"],
    ] {
        let found = lines(&shop, &[&["log"], filters].concat()).await;
        assert_eq!(found.len(), 1, "{filters:?}: {found:?}");
        assert_eq!(found[0]["event"], json!(ids[0]), "{filters:?}");
    }
    for filters in [&["--status", "rejected"][..], &["--rule", "rul_other"], &["--until", "1h"]] {
        let said = shop.engine(&[&["log"], filters].concat()).await;
        assert_eq!(said, "No action matches.\n", "{filters:?}");
    }

    let action = lines(&shop, &["log", "--order", "log-one"]).await.remove(0);
    let action = action["id"].as_str().expect("an id");
    // Output to a pipe is not truncated.
    let shown = shop.engine(&["log", "--limit", "2"]).await;
    assert!(shown.lines().skip(1).all(|row| row.contains("job_")) && shown.contains(action), "{shown}");
    let event = lines(&shop, &["event", action]).await.remove(0);
    assert_eq!((&event["event"]["id"], &event["actions"][0]["id"]), (&json!(ids[0]), &json!(action)));
    assert_eq!(
        (&event["verdicts"][0]["is"], &event["event"]["order_id"]),
        (&json!("fired"), &json!("log-one"))
    );
    assert_eq!(lines(&shop, &["events", "--order", "log-one"]).await[0]["id"], json!(ids[0]));
    let said = shop.engine_refuses(&["cancel", action]).await;
    assert!(said.contains("has ended already: it is performed"), "{said}");
}

#[tokio::test]
async fn the_promises_are_checked_and_a_broken_one_is_named_with_its_action() {
    let shop = tells("command-line-verify").await;
    let id = shop.publish([order("verify")]).await[0];
    shop.ended(id, 1).await;
    let said = shop.engine(&["verify", "--since", "1h"]).await;
    assert!(said.ends_with("1 marketplaces, 1 events, 1 actions: 0 promises do not hold\n"), "{said}");
    assert_eq!(shop.engine(&["verify", "--since", "1h", "--json"]).await, "");

    // An action that waits without a time waits for ever.
    let job = shop.event(id).await.1.remove(0).id;
    let buyer = format!("{}#BUYER#{}", shop.id, job.event.buyer);
    let (at, fact) = (domain::id::time_key(job.event.at), job.event.fact);
    let update = shop.engine.table.update_item().table_name(&shop.engine.outputs.table);
    let update = update.key("pk", S(buyer)).key("sk", S(format!("{at}#{fact}#{}", job.part)));
    let update =
        update.update_expression("SET #status = :waits").expression_attribute_names("#status", "status");
    update.expression_attribute_values(":waits", S("retrying".into())).send().await.expect("updated");
    let said = shop.engine_refuses(&["verify"]).await;
    assert!(said.contains("2 promises do not hold"), "neither a time nor a reason: {said}");
}

#[tokio::test]
async fn an_app_that_was_changed_by_hand_is_found_with_the_action_that_set_its_state() {
    let shop = Shop::open("command-line-drift").await;
    let email = "drift@command-line.example.com";
    let member = |tags: &[&str]| {
        let member = json!({ "email": email, "status": "subscribed", "tags": tags });
        json!({ "audiences": [{ "id": shop.id, "members": [member] }] })
    };
    shop.engine.sandbox_post("/_state/mailchimp", &member(&[])).await;
    let tag = json!({ "action": "add_tag", "settings": { "list_id": shop.id, "tag": ["access"] } });
    shop.rule("grant", Trigger::OrderCompleted, App::MAILCHIMP, tag).await;
    let id = shop.publish([order("drift").email(email)]).await[0];
    let job = shop.ended(id, 1).await.remove(0);

    let said = shop.engine(&["verify", "--since", "1h", "--apps"]).await;
    assert!(said.contains("apps answered about 1 actions\n"), "{said}");
    assert!(said.ends_with(": 0 promises do not hold\n"), "{said}");

    // The merchant removes the tag in Mailchimp.
    shop.engine.sandbox_post("/_state/mailchimp", &member(&[])).await;
    assert!(shop.engine(&["verify"]).await.ends_with(": 0 promises do not hold\n"), "the apps are not asked");
    let said = shop.engine_refuses(&["verify", "--apps"]).await;
    assert!(said.starts_with(&format!("{}: an app is in the state", job.id)), "{said}");
    assert!(said.contains("1 promises do not hold"), "{said}");
    let said = shop.engine(&["verify", "--apps", "--most", "0"]).await;
    assert!(said.contains("not known for 1 actions: the number of questions is limited"), "{said}");
}

#[tokio::test]
async fn a_buyers_timeline_is_shown_and_erased_once_that_is_confirmed() {
    let shop = tells("command-line-buyer").await;
    let id = shop.publish([order("buyer")]).await[0];
    shop.ended(id, 1).await;
    let email = "buyer@command-line.example.com";
    let timeline = lines(&shop, &["buyer", "timeline", email]).await;
    assert!(timeline.iter().any(|entry| entry["event"]["id"] == json!(id)), "{timeline:?}");
    assert!(timeline.iter().any(|entry| entry["action"]["event"] == json!(id)), "{timeline:?}");
    let said = shop.engine_refuses(&["buyer", "erase", email]).await;
    assert!(said.contains("there is no terminal; give --yes"), "{said}");
    assert!(shop.event(id).await.0.is_some());
    let said = shop.engine(&["buyer", "erase", email, "--yes"]).await;
    assert!(said.contains("Run the command again after"), "it was just published: {said}");
    assert!(shop.event(id).await.0.is_none());
    let said = shop.engine(&["buyer", "timeline", email]).await;
    assert!(said.starts_with("Nothing is stored of this buyer"), "{said}");
}

#[tokio::test]
async fn a_session_is_opened_listed_and_ended() {
    let shop = Shop::open("command-line-sessions").await;
    let opened =
        lines(&shop, &["sessions", "open", "--permission", "read", "--minutes", "5"]).await.remove(0);
    let (session, token) =
        (opened["session"].as_str().expect("an id"), opened["token"].as_str().expect("a token"));
    let read = async || shop.engine.call(Caller::Token(token), "GET", "/v1/integrations", None).await;
    read().await.expect(200);
    let listed = shop.engine(&["sessions", "list"]).await;
    assert!(listed.contains(session) && listed.contains("open until") && !listed.contains(token), "{listed}");
    shop.engine(&["sessions", "end", session]).await;
    read().await.expect(401);
    let said = shop.engine_refuses(&["sessions", "end", "ses_nobodys"]).await;
    assert!(said.contains("session ses_nobodys does not exist in command-line-sessions"), "{said}");
}

#[tokio::test]
async fn rules_are_switched_and_accounts_renamed() {
    let shop = tells("command-line-rules").await;
    let is_on = async || lines(&shop, &["rules", "list"]).await[0]["enabled"] == true;
    shop.engine(&["rules", "disable", "rul_tell"]).await;
    assert!(!is_on().await);
    shop.engine(&["rules", "enable", "rul_tell"]).await;
    assert!(is_on().await);
    let said = shop.engine_refuses(&["rules", "enable", "rul_other"]).await;
    assert!(said.contains("rule rul_other does not exist in command-line-rules"), "{said}");

    let said = shop.engine(&["rename", "webhook", "Orders"]).await;
    assert!(said.starts_with("Renamed `Webhook` to `Orders`."), "{said}");
    let labels: Vec<_> =
        lines(&shop, &["integrations"]).await.iter().map(|one| one["label"].clone()).collect();
    assert!(labels.contains(&json!("Orders")) && !labels.contains(&json!("Webhook")), "{labels:?}");
    let said = shop.engine_refuses(&["rename", "Orders", "Mailchimp"]).await;
    assert!(said.contains("label `Mailchimp` is in use"), "{said}");
    let said = shop.engine(&["products"]).await;
    assert!(said.contains("has no product catalogue"), "{said}");
}

#[tokio::test]
async fn a_refused_fact_is_discarded_once_it_is_saved() {
    // On a stack on which no other test redrives the queue.
    let shop = Shop::open_on(Engine::operated().await, "command-line-facts").await;
    let queue = &shop.engine.outputs.facts_queue_url;
    let keep = async |id: &str| {
        let fact = order(id).of(&shop.id);
        let event = json!({ "source": "commerce", "detail-type": fact.detail_type, "detail": fact.detail });
        let message = json!({ "reason": "it broke", "event": event }).to_string();
        let request = shop.engine.sqs.send_message().queue_url(queue).message_body(message);
        request.send().await.expect("SQS").message_id.expect("an id")
    };
    let (given_up, stays) = (keep("discarded").await, keep("left").await);
    // Each read hides the messages for a moment, and other tests read too.
    let is_there = async |message: &str| {
        lines(&shop, &["facts", "--max", "1000"]).await.iter().any(|fact| fact["message"] == message)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("facts.jsonl");
    let save = file.to_str().expect("text");
    until("the message", async || is_there(&given_up).await.then_some(())).await;
    until("the end of the message", async || {
        // Another test may read it at this moment.
        drop(shop.attempt(&["facts", "discard", &given_up, "--save", save]).await);
        std::fs::read_to_string(&file).ok().filter(|saved| saved.contains(&given_up))
    })
    .await;
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).expect("the file")).expect("a line");
    assert!(kept["id"] == json!(given_up) && kept["body"].to_string().contains("it broke"), "{kept}");
    std::fs::remove_file(&file).expect("deleted");
    until("the other message", async || is_there(&stays).await.then_some(())).await;
    assert!(!is_there(&given_up).await);
    let said = shop.engine_refuses(&["facts", "discard", &given_up, "--save", save]).await;
    assert!(said.contains(&format!("message {given_up} is not in the facts queue")), "{said}");
}
