//! Everything at once: repeated facts, an app that fails in 30 % of calls in every way, connectors killed at random.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use domain::app::App;
use domain::log::{JobRecord, Status};
use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Engine, Sample, Shop, Stacks, apart};

const FACTS: usize = 800;
/// The number of repetitions among the thousand published facts.
const REPEATED: usize = 200;
const KILLS: usize = 8;

/// The processes that serve a function on this shop's local AWS.
fn processes(shop: &Shop, function: &str) -> Vec<String> {
    let name = shop.engine.outputs.functions[function].rsplit(':').next().expect("a name");
    let name = format!("AWS_LAMBDA_FUNCTION_NAME={name}");
    let endpoint = format!("AWS_ENDPOINT_URL={}", shop.engine.outputs.endpoint_url);
    let running = std::fs::read_dir("/proc").expect("processes").flatten();
    let serves = |process: &Path| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        [&name, &endpoint]
            .iter()
            .all(|wanted| environment.split('\0').any(|variable| variable == wanted.as_str()))
    };
    let ids = running.filter(|process| serves(&process.path()));
    ids.map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}

/// Kills one of the processes without a signal handler, as the kernel would.
fn kill(shop: &Shop, function: &str, turn: usize) -> bool {
    let processes = processes(shop, function);
    let Some(process) = processes.get(turn % processes.len().max(1)) else { return false };
    Command::new("kill").args(["-9", process]).status().expect("kill").success()
}

/// The most faults for the requests of one job. It has nine attempts.
const MOST_FAULTS: u32 = 5;

/// `header`: the header that tells the app's jobs apart; without it, the first group of `path` does.
async fn faults(shop: &Shop, app: App, path: String, header: Option<&str>) {
    let fault = async |mut fault: Value, rate: f64| {
        fault["rate"] = json!(rate);
        fault["each"] = json!({ "most": MOST_FAULTS, "header": header });
        fault["app"] = json!(app);
        fault["path"] = json!(path);
        shop.engine.sandbox_post("/_faults", &fault).await;
    };
    // In percent of all calls; together 30.
    let mix = [
        (10.0, json!({ "status": 500 })),
        (10.0, json!({ "status": 429, "headers": { "retry-after": "1" } })),
        (4.0, json!({ "reset": "before" })),
        (4.0, json!({ "reset": "after" })),
        // Longer than the timeout of a call: four fifths of the lease.
        (2.0, json!({ "delay_ms": 9_000 })),
    ];
    let mut left = 100.0;
    for (percent, wanted) in mix {
        // The first matching fault applies, so each gets its share of the calls that the previous faults pass.
        fault(wanted, percent / left).await;
        left -= percent;
    }
}

/// The number of this shop's calls that reached its apps, and the number of failed ones.
async fn calls(shop: &Shop) -> (u64, u64) {
    let mut calls = 0;
    for app in ["mailchimp", "webhook"] {
        let seen = shop.engine.sandbox_get(&format!("/_requests?app={app}&path={}&limit=0", shop.id)).await;
        calls += seen["matched"].as_u64().expect("a number");
    }
    let set = shop.engine.sandbox_get("/_faults").await;
    let set = set["faults"].as_array().expect("faults").iter();
    let ours =
        set.filter(|one| one["fault"]["path"].as_str().is_some_and(|at| at.contains(shop.id.as_str())));
    (calls, ours.filter_map(|one| one["hits"].as_u64()).sum())
}

#[tokio::test]
async fn a_thousand_facts_through_faults_repetitions_and_kills_lose_nothing_and_double_nothing() {
    let _apart = apart().await;
    // No other test's function may be killed.
    let shop = Shop::open_on(Engine::deadly().await, "chaos").await;
    let list = shop.id.to_string();
    shop.engine.sandbox_post("/_state/mailchimp", &json!({ "audiences": [{ "id": list }] })).await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": list } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    shop.rule("tell", Trigger::ProductPurchased, App::WEBHOOK, json!({ "action": "send_notify_url_post" }))
        .await;
    faults(&shop, App::MAILCHIMP, format!("^/3.0/lists/{list}/members/([0-9a-f]+)"), None).await;
    faults(&shop, App::WEBHOOK, format!("^/{list}$"), Some("webhook-id")).await;

    let order = |n: usize| {
        let sample = Sample::read("order-completed.one-item").id(&format!("chaos-{n}"));
        sample.email(&format!("chaos{n}@example.com")).with("/occurred_at", "2026-06-01T12:00:00Z")
    };
    let published = (0..FACTS).flat_map(|n| std::iter::repeat_n(n, 1 + usize::from(n < REPEATED)));
    let ids: BTreeSet<_> = shop.publish_in_turn(published.map(order)).await.into_iter().collect();
    assert_eq!(ids.len(), FACTS);

    let (mut killed, mut turn) = (0, 0);
    let jobs = async || {
        let now = crate::stack::now();
        let recent = shop.engine.store.recent_actions(&shop.id, None, None, 4 * FACTS, now).await;
        recent.expect("the log").actions
    };
    while killed < KILLS {
        let next = shop.swept("the progress before the next kill", async || {
            let ended = jobs().await.iter().filter(|job| job.status.is_final()).count();
            // Spread over the run: a kill for every tenth of the completed work.
            if ended <= killed * 2 * FACTS / (KILLS + 2) {
                return None;
            }
            turn += 1;
            kill(&shop, ["mailchimp", "webhook"][turn % 2], turn).then_some(())
        });
        next.await;
        killed += 1;
    }
    let ended: Vec<JobRecord> = shop
        .swept("every action", async || {
            Some(jobs().await)
                .filter(|jobs| jobs.len() >= 2 * FACTS && jobs.iter().all(|job| job.status.is_final()))
        })
        .await;

    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for job in &ended {
        *counts.entry(job.status).or_default() += 1;
    }
    let attempts: u32 = ended.iter().map(|job| job.attempts).sum();
    let entries = ended.iter().flat_map(|job| &job.history).filter_map(|attempt| attempt.message.as_ref());
    let paused = entries.filter(|message| message.contains("are paused after")).count();
    let (calls, failed) = calls(&shop).await;
    println!(
        "1,000 facts, {killed} kills: {counts:?} in {attempts} attempts, {paused} waits for a circuit breaker; \
         {failed} of {calls} calls went wrong"
    );
    assert!(failed * 4 > calls, "about 30 % are configured");
    assert_eq!(ended.len(), 2 * FACTS);
    let without: Vec<_> = ended.iter().filter(|job| !job.status.took_effect()).collect();
    assert!(without.is_empty(), "{without:#?}");

    let state = shop.engine.sandbox_get(&format!("/_state/mailchimp?list={list}")).await;
    let members = state["audiences"][0]["members"].as_array().expect("members");
    assert_eq!(members.len(), FACTS);
    assert!(members.iter().all(|member| member["counts"]["added"] == 1));
    let told: BTreeSet<_> = shop.deliveries().await.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(told.len(), FACTS, "each delivery has one id, regardless of lost responses");
}
