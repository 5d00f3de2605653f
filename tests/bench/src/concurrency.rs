//! Many purchases for one account of an app with a limit of simultaneous calls: the time until all are done, and the
//! number of calls that the app rejects.
use domain::app::App;
use domain::log::Status;
use serde_json::json;
use stack::{Engine, Shop, now};

use crate::clock::seconds;
use crate::purchases::{add_to_list, ended, members, purchase};

const PURCHASES: usize = 200;
/// The app's limit of simultaneous calls; each call takes `CALL` milliseconds.
const AT_ONCE: usize = 10;
const CALL: usize = 400;

/// The promised maximum.
const MOST_SECONDS: f64 = 20.0;
const MOST_REFUSALS: usize = 40;

/// The result.
pub(crate) struct Concurrency {
    /// As text.
    pub(crate) report: String,
    /// Whether every action was performed once.
    pub(crate) exact: bool,
}

/// Publishes the purchases and waits until all buyers are on the list.
pub(crate) async fn run(engine: &Engine) -> Concurrency {
    let shop = Shop::open_on(engine.clone(), "bench-concurrency").await;
    add_to_list(&shop).await;
    let narrow = json!({ "app": "mailchimp", "at_once": AT_ONCE, "delay_ms": CALL });
    engine.sandbox_post("/_faults", &narrow).await;
    let since =
        engine.sandbox_get("/_requests?app=mailchimp&limit=0").await["last"].as_u64().unwrap_or_default();

    let start = now();
    shop.publish((0..PURCHASES).map(|number| purchase(&shop, number))).await;
    let published = now();
    let actions = ended(&shop, App::MAILCHIMP, PURCHASES).await;

    let end = actions.iter().map(|action| action.updated_at).max().unwrap_or(published);
    let performed = actions.iter().filter(|action| action.status == Status::Performed).count();
    let members = members(&shop).await;
    let once = members.iter().filter(|member| member["counts"]["added"] == 1).count();
    let calls = engine.sandbox_get(&format!("/_requests?app=mailchimp&since={since}")).await;
    let calls = calls["requests"].as_array().cloned().unwrap_or_default();
    let refusals = calls.iter().filter(|call| call["status"] == 429).count();
    let took = seconds(start, end);
    let kept = took <= MOST_SECONDS && refusals <= MOST_REFUSALS;
    let ideal = PURCHASES / AT_ONCE * CALL / 1_000;
    let report = format!(
        "7. Calls at once\n   {PURCHASES} purchases for one account of an app that takes {AT_ONCE} calls at once, {CALL} ms \
         each, published in {:.1} s\n\n  {performed} were performed within {took:.1} s of the first, where {ideal} s are \
         needed at least. The app refused {refusals} of {} calls.\n  {MOST_SECONDS:.0} s and {MOST_REFUSALS} refusals are the \
         most that is promised: {}.\n",
        seconds(start, published),
        calls.len(),
        if kept { "kept" } else { "NOT kept" },
    );
    Concurrency { report, exact: performed == PURCHASES && once == PURCHASES && members.len() == PURCHASES }
}
