//! The planner's memory at the documented limits: the maximum number of rules, lines and bytes.
use std::fs;
use std::time::Instant;

use aws::queue::batches;
use domain::digest::DigestSecret;
use domain::fact::error::MOST_BYTES;
use domain::fact::{Fact, Items};
use domain::firing::Subject;
use domain::manifest::Catalog;
use domain::plan::{Input, draft, event_id};
use domain::rule::{MOST_RULES, Rule};
use domain::run::RunId;
use domain::trigger::Trigger;
use operations::replays::{Replay, ReplayRequest, RuleSource, Selection};
use serde_json::{Value, json};

use crate::machine::first;
use crate::table::Table;

/// A trigger's function has 256 MB; half of it is for the planner and its data.
const MOST_MEGABYTES: u64 = 128;

/// The measured values.
pub(crate) struct Limits {
    pub(crate) report: String,
    /// Whether the planner stayed within its memory.
    pub(crate) fit: bool,
}

/// A description of the rules, and the fields of the rule with a number.
type Case = (&'static str, fn(usize) -> Value);

/// The measured values for rules of some fields: actions, verdicts, milliseconds and the peak, and the peak as a
/// number.
type Measured = fn(fn(usize) -> Value) -> ([String; 4], u64);

/// Plans the largest fact with the maximum number of rules, and creates every message and every verdict; then replays
/// it.
pub(crate) fn run() -> Limits {
    let mut table = Table::new(["rules", "", "actions", "verdicts", "ms", "peak MB"]);
    let mut highest = 0;
    let cases: [Case; 4] = [
        ("of which no condition holds", |_| {
            let none = json!({ "field": "coupon_code", "operator": "equals", "value": "SPRING" });
            json!({ "conditions": [none] })
        }),
        ("that ask for one tag", |_| json!({ "settings": { "list_id": "a1", "tag": ["VIP"] } })),
        ("that tell ten webhooks of each line", |number| {
            let account = format!("int_{}", number % 10);
            json!({ "app": "webhook", "action": "send_notify_url_post", "settings": {}, "integration": account })
        }),
        (
            "that give each recipient a tag",
            |number| json!({ "use_gift_recipient": true, "settings": { "list_id": "a1", "tag": [format!("tag {number}")] } }),
        ),
    ];
    for (name, fields) in cases {
        for (how, measure) in [("planned", planned as Measured), ("replayed", replayed)] {
            let (row, megabytes) = measure(fields);
            table.row([name.to_owned(), how.to_owned()].into_iter().chain(row));
            highest = highest.max(megabytes);
        }
    }
    let fit = highest <= MOST_MEGABYTES;
    let report = format!(
        "The planner at the limits\n   {MOST_RULES} rules, {} lines, {MOST_BYTES} bytes; at most {MOST_MEGABYTES} MB: {}\n\n{}",
        Items::MAX,
        if fit { "yes" } else { "NO" },
        table.text()
    );
    Limits { report, fit }
}

fn rules(fields: fn(usize) -> Value) -> Vec<Rule> {
    // Resets the peak.
    fs::write("/proc/self/clear_refs", "5").expect("Linux counts the peak");
    (0..MOST_RULES).map(|number| rule(number, fields(number))).collect()
}

fn secret() -> DigestSecret {
    "0123456789abcdef0123456789abcdef".parse().expect("a secret")
}

fn row(actions: usize, verdicts: usize, start: Instant) -> ([String; 4], u64) {
    let took = start.elapsed().as_millis();
    let peak = first("/proc/self/status", "VmHWM").expect("Linux counts the peak");
    let kilobytes: u64 = peak.trim_end_matches(" kB").parse().expect("a number");
    let megabytes = kilobytes / 1_000;
    ([actions.to_string(), verdicts.to_string(), took.to_string(), megabytes.to_string()], megabytes)
}

/// Decides a replay by the current rules, and creates every message.
fn replayed(fields: fn(usize) -> Value) -> ([String; 4], u64) {
    let rules = rules(fields);
    let detail = detail();
    let fact = Fact::parse("Order Completed", &detail).expect("a fact");
    let event = json!({
        "id": event_id(&secret(), &fact), "marketplace": "bench", "fact_id": "limits", "detail_type": "Order Completed",
        "email": "ada@example.com", "occurred_at": fact.common.occurred_at, "received_at": fact.common.occurred_at,
        "detail": detail, "verdicts": {}, "timer": null,
    });
    let event = serde_json::from_value(event).expect("an event");
    let run = RunId::new(fact.common.occurred_at, "bench");
    let request =
        ReplayRequest { selection: Selection::default(), by: RuleSource::Current, forced: false, run };
    let start = Instant::now();
    let mut replay = Replay::new(rules.into_iter().collect(), &request, secret());
    replay.add(event, &[], &request, fact.common.occurred_at);
    let actions: usize = batches(replay.jobs()).map(|batch| batch.expect("messages").messages.len()).sum();
    row(actions, 0, start)
}

fn planned(fields: fn(usize) -> Value) -> ([String; 4], u64) {
    let rules = rules(fields);
    let detail = detail();
    let fact = Fact::parse("Order Completed", &detail).expect("a fact");
    let firings: Vec<_> = (0..Items::MAX).map(Subject::Line).collect();
    let secret = secret();
    let start = Instant::now();
    let draft = draft(Input {
        fact: &fact,
        event: event_id(&secret, &fact),
        secret: &secret,
        detail: &detail,
        received_at: fact.common.occurred_at,
        trigger: Trigger::ProductPurchased,
        firings: &firings,
        rules: &rules,
        catalog: Catalog::get(),
    });
    let actions: usize = batches(draft.jobs()).map(|batch| batch.expect("messages").messages.len()).sum();
    let verdicts: Vec<_> = draft.verdicts().collect();
    row(actions, verdicts.len(), start)
}

fn rule(number: usize, fields: Value) -> Rule {
    let mut rule = json!({
        "id": format!("rul_{number:016}"), "marketplace": "bench", "scope": { "kind": "global" }, "enabled": true,
        "trigger": Trigger::ProductPurchased, "integration": "int_mailchimp", "app": "mailchimp", "action": "add_tag",
        "settings": { "list_id": "a1", "tag": ["buyer"] },
    });
    let Value::Object(fields) = fields else { return serde_json::from_value(rule).expect("a rule") };
    for (name, value) in fields {
        rule[name] = value;
    }
    serde_json::from_value(rule).expect("a rule")
}

/// An order with the maximum number of lines, each a gift for another recipient, and the maximum number of bytes.
fn detail() -> String {
    let usd = json!({ "amount": 4900, "currency": "USD" });
    let line = |number: usize| {
        json!({
            "line_id": format!("li_{number:016}"), "product_id": format!("product-{number}"), "name": "Sourdough",
            "role": "primary", "quantity": 1, "price": usd, "about": "",
            "gift": { "recipient": { "email": format!("recipient{number}@example.com") } },
        })
    };
    let mut detail = json!({
        "id": "limits", "marketplace_id": "bench", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
        "customer": { "id": "c1", "email": "ada@example.com" }, "order": { "id": "o1", "total": usd },
        "items": (0..Items::MAX).map(line).collect::<Vec<_>>(),
    });
    let spare = MOST_BYTES - detail.to_string().len();
    let each = spare / (Items::MAX + 1);
    for number in 0..Items::MAX {
        detail["items"][number]["about"] = json!("x".repeat(each));
    }
    detail["note"] = json!("x".repeat(each / 2));
    detail.to_string()
}
