//! Purchases one after the other, and many at once: the time until the actions are done, and whether each was done once.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::app::App;
use domain::id::EventId;
use domain::log::{JobRecord, Status};
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde_json::{Value, json};
use stack::{Engine, Shop, now};

use crate::clock::{Pace, percentile, seconds};
use crate::processes::{FOLDER, Processes};
use crate::purchases::{add_to_list, ended, members, purchase};
use crate::table::Table;

const PURCHASES: usize = 500;
/// The maximum number of entries in a call of EventBridge.
const BATCH: usize = 10;
/// 50 batches in 10 s, or as fast as local AWS accepts them.
const EVERY: Duration = Duration::from_millis(200);

/// The purchases that are published one after the other, and their distance.
const PACED: usize = 60;
const PACED_EVERY: Duration = Duration::from_millis(500);

/// The result of the burst.
pub(crate) struct Burst {
    /// As text.
    pub(crate) report: String,
    /// The part of `latest.json`.
    pub(crate) figures: Value,
    /// Whether every action was performed, and none twice.
    pub(crate) exact: bool,
}

/// The milliseconds from publish to performed of purchases that do not wait for each other, sorted.
async fn paced(engine: &Engine) -> Vec<f64> {
    let shop = Shop::open_on(engine.clone(), "bench-paced").await;
    add_to_list(&shop).await;
    let mut published = BTreeMap::new();
    let mut pace = Pace::new(PACED_EVERY);
    for number in 0..PACED {
        pace.beat().await;
        let at = now();
        for event in shop.publish([purchase(&shop, number)]).await {
            published.insert(event, at);
        }
    }
    let ended = ended(&shop, App::MAILCHIMP, PACED).await;
    let took = ended.iter().filter_map(|action| Some((published.get(&action.id.event)?, action.updated_at)));
    let mut times: Vec<f64> = took.map(|(at, end)| 1000.0 * seconds(*at, end)).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// Publishes the purchases and waits until they are done.
pub(crate) async fn run(engine: &Engine) -> Burst {
    let alone = paced(engine).await;
    let shop = Shop::open_on(engine.clone(), "bench-burst").await;
    add_to_list(&shop).await;
    let tell = json!({ "action": "send_notify_url_post_for_orders" });
    shop.rule("order_completed_webhook", Trigger::OrderCompleted, App::WEBHOOK, tell).await;

    let before = Processes::of(FOLDER);
    let mut published = BTreeMap::new();
    let mut pace = Pace::new(EVERY);
    for batch in 0..PURCHASES / BATCH {
        pace.beat().await;
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let purchases: Vec<_> = numbers.map(|number| purchase(&shop, number)).collect();
        let at = now();
        // Each batch is answered before the next: unlike AWS, local AWS loses events if it gets too many.
        let events = shop.publish(purchases).await;
        published.extend(events.into_iter().map(|event| (event, at)));
    }
    let first = published.values().min().copied().unwrap_or_default();
    let last = now();
    let mailchimp = ended(&shop, App::MAILCHIMP, PURCHASES).await;
    let webhook = ended(&shop, App::WEBHOOK, PURCHASES).await;

    let after = Processes::of(FOLDER);
    #[expect(clippy::cast_precision_loss, reason = "five hundred")]
    let used = after.since(&before).map(|seconds| 1000.0 * seconds / PURCHASES as f64);
    let memory = after.megabytes.iter().map(|(handler, megabytes)| format!("{handler} {megabytes:.1}"));
    let memory = memory.collect::<Vec<_>>().join(", ");
    let mut table = Table::new(["", "performed", "ended otherwise", "p50 s", "p99 s", "max s"]);
    row(&mut table, "Mailchimp, Add To List", &mailchimp, &published);
    row(&mut table, "Webhook, for Orders", &webhook, &published);
    let all: Vec<_> = mailchimp.into_iter().chain(webhook).collect();
    row(&mut table, "both", &all, &published);
    let end = all.iter().map(|action| action.updated_at).max().unwrap_or(last);

    let once = Once::count(&members(&shop).await, &shop.deliveries().await);
    let exact = once.exact() && all.len() == 2 * PURCHASES;
    let [p50, p99] = [50, 99].map(|percent| percentile(&alone, percent).round());
    #[expect(clippy::cast_precision_loss, reason = "five hundred")]
    let rate = PURCHASES as f64 / seconds(first, end);
    let rate = (rate * 10.0).round() / 10.0;
    let figures = json!({ "end_to_end": { "facts_per_s": rate, "p50_ms": p50, "p99_ms": p99 } });
    let report = format!(
        "3. A burst\n   {PACED} purchases two a second took {p50} ms from publish to performed (p50), {p99} ms (p99).\n   Then \
         {PURCHASES} purchases that match two rules, published in {:.1} s{}; times are from publish to \
         performed\n\n{}\n  {} of {} actions had ended {:.1} s after the first purchase was published, {:.1} s after the \
         last: {rate} facts a second.\n  {}\n  CPU of a fact: {:.1} ms in the functions, {:.1} ms in \
         local AWS. Development builds. MB of the functions: {memory}.\n",
        seconds(first, last),
        if seconds(first, last) > 10.5 { " because local AWS accepted them no faster" } else { "" },
        table.text(),
        all.len(),
        2 * PURCHASES,
        seconds(first, end),
        seconds(last, end),
        once.text(),
        used[0],
        used[1],
    );
    Burst { report, figures, exact }
}

fn row(table: &mut Table, what: &str, ended: &[JobRecord], published: &BTreeMap<EventId, Timestamp>) {
    let performed = ended.iter().filter(|action| action.status == Status::Performed).count();
    let took = |action: &JobRecord| Some(seconds(*published.get(&action.id.event)?, action.updated_at));
    let mut times: Vec<f64> = ended.iter().filter_map(took).collect();
    times.sort_by(f64::total_cmp);
    let at = |percent| format!("{:.2}", percentile(&times, percent));
    let otherwise = ended.len() - performed;
    table.row([what.to_owned(), performed.to_string(), otherwise.to_string(), at(50), at(99), at(100)]);
}

/// How often each effect occurred, according to the stand-ins.
struct Once {
    members: usize,
    added_again: usize,
    deliveries: usize,
    told: usize,
}

impl Once {
    fn count(members: &[Value], deliveries: &[Value]) -> Self {
        let again = |member: &&Value| {
            member["counts"]["added"] != 1 || member["changes"].as_array().map(Vec::len) != Some(1)
        };
        let told: BTreeSet<_> = deliveries.iter().map(|delivery| delivery["id"].to_string()).collect();
        Self {
            members: members.len(),
            added_again: members.iter().filter(again).count(),
            deliveries: deliveries.len(),
            told: told.len(),
        }
    }

    fn exact(&self) -> bool {
        self.members == PURCHASES
            && self.added_again == 0
            && self.deliveries == PURCHASES
            && self.told == PURCHASES
    }

    fn text(&self) -> String {
        format!(
            "The stand-ins saw {} members added, {} of them more than once, and {} deliveries of {} messages: {}.",
            self.members,
            self.added_again,
            self.deliveries,
            self.told,
            if self.exact() { "each exactly once" } else { "NOT each exactly once" },
        )
    }
}
