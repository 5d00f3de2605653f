//! The bill: each kind of event counted at the wire, at list prices, and the month.
pub(crate) mod counted;
mod facts;
pub(crate) mod scenario;

use std::fmt::Write;

use operations::costs::month::{self, APPS};
use operations::costs::{Capacity, LARGEST_BATCH, Usage, prices};
use serde_json::{Value, json};
use stack::Engine;

use self::counted::Counted;
use self::scenario::{FACTS, Scenario};
use crate::table::Table;

/// The largest difference between the counted and the computed price, as a share.
const NEAR: f64 = 0.03;
const MONTHS: [(&str, f64); 4] = [("m0_1", 1e5), ("m1", 1e6), ("m10", 1e7), ("m100", 1e8)];

/// The result.
pub(crate) struct Money {
    /// As text.
    pub(crate) report: String,
    /// The part of `latest.json`.
    pub(crate) figures: Value,
    /// Whether the model is close to the counts.
    pub(crate) credible: bool,
}

struct Priced {
    scenario: Scenario,
    sparse: Usage,
    dense: Usage,
    writes: Vec<(String, [f64; 2])>,
}

impl Priced {
    #[expect(clippy::cast_precision_loss, reason = "jobs of one fact")]
    fn of(scenario: Scenario, Counted { usage, batches, writes }: Counted) -> Self {
        let jobs = scenario.jobs.iter().map(|(_, jobs)| *jobs).sum::<usize>() as f64;
        // A retried job is received twice.
        let received = if scenario.fails_once { 2.0 * jobs } else { jobs };
        Self {
            sparse: usage.in_batches(batches, received),
            dense: usage.in_batches(batches, received / LARGEST_BATCH),
            scenario,
            writes,
        }
    }

    fn modelled(&self, batch: f64) -> Option<f64> {
        let shape = self.scenario.shape?;
        Some(operations::costs::Shape { batch, ..shape }.usage().per_million(Capacity::OnDemand))
    }
}

/// Counts and prices.
pub(crate) async fn run(engine: &Engine) -> Money {
    let mut all = Vec::new();
    for scenario in scenario::all() {
        let counted = counted::count(engine, &scenario).await;
        all.push(Priced::of(scenario, counted));
    }
    let mut table = Table::new([
        "USD a million, without storage",
        "invoked",
        "read units",
        "write units",
        "queue",
        "log KB",
        "sparse",
        "dense",
        "provisioned",
        "model",
    ]);
    let mut credible = true;
    for one in &all {
        let Usage { invocations, read_units, write_units, queue_requests, log_kilobytes, .. } = one.sparse;
        let usd = |usage: &Usage, capacity| usage.per_million(capacity);
        let sparse = usd(&one.sparse, Capacity::OnDemand);
        let modelled = one.modelled(1.0);
        credible &= modelled.is_none_or(|usd| (usd / sparse - 1.0).abs() < NEAR);
        let amounts = [invocations, read_units, write_units, queue_requests, log_kilobytes, sparse];
        let dense = [usd(&one.dense, Capacity::OnDemand), usd(&one.dense, Capacity::Provisioned)];
        let numbers = amounts.into_iter().chain(dense).map(|number| format!("{number:.2}"));
        let modelled = modelled.map(|usd| format!("{usd:.2}")).unwrap_or_default();
        table.row([one.scenario.name.to_owned()].into_iter().chain(numbers).chain([modelled]));
    }
    let of = |key: &str| all.iter().find(|one| one.scenario.key == key).expect("a scenario");
    let one = of("one");
    let per_million = |usage: &Usage, capacity| cents(usage.per_million(capacity));
    let stored = one.scenario.shape.map(|shape| shape.usage()).unwrap_or_default();
    let kept = |usage: Usage| Usage {
        stored_kilobytes: stored.stored_kilobytes,
        backed_up_kilobytes: stored.backed_up_kilobytes,
        ..usage
    };
    let figures = json!({
        "usd_per_million": {
            "dense": per_million(&one.dense, Capacity::OnDemand),
            "sparse": per_million(&one.sparse, Capacity::OnDemand),
            "provisioned": per_million(&one.dense, Capacity::Provisioned),
            "dense_4kb": per_million(&of("kb4").dense, Capacity::OnDemand),
            "no_match": per_million(&of("none").sparse, Capacity::OnDemand),
        },
        "usd_month": MONTHS.iter().map(|(name, events)| {
            let bill = month::bill(&kept(one.sparse), Capacity::OnDemand, *events, APPS);
            ((*name).to_owned(), json!(cents(month::sum(&bill))))
        }).collect::<serde_json::Map<_, _>>(),
    });
    let report = format!(
        "1. What events cost\n   {FACTS} facts of each kind, counted by the proxy. Sparse: one job a batch. Dense: batches \
         of ten. Provisioned: dense, and the table's\n   capacity half used. Model: what `engine cost` computes for sparse \
         traffic{}. Functions' times are assumed: a trigger\n   30 ms with 256 MB, a batch of a connector 300 ms with 128 \
         MB.\n\n{}\n{}\n{}\n{}",
        if credible { "" } else { ", FAR from the counts" },
        table.text(),
        writes(of("retried")),
        bills(&kept(one.sparse), &kept(one.dense)),
        price_table(),
    );
    Money { report, figures, credible }
}

/// The writes of a kind of event.
fn writes(of: &Priced) -> String {
    let mut table = Table::new([of.scenario.name, "calls", "write units"]);
    for (name, numbers) in &of.writes {
        table.row([name.clone()].into_iter().chain(numbers.map(|number| format!("{number:.2}"))));
    }
    table.text()
}

/// The bill of months with sparse and with dense traffic.
fn bills(sparse: &Usage, dense: &Usage) -> String {
    let mut table =
        Table::new(["USD a month, one action, 0.5 KB", "0.1 M", "1 M", "10 M", "100 M", "dense 100 M"]);
    let months = MONTHS.map(|(_, events)| month::bill(sparse, Capacity::OnDemand, events, APPS));
    let dense = month::bill(dense, Capacity::OnDemand, 1e8, APPS);
    let columns: Vec<_> = months.iter().chain([&dense]).collect();
    for (number, (of, _)) in dense.iter().enumerate() {
        let usd = columns.iter().map(|column| format!("{:.2}", column[number].1));
        table.row([(*of).to_owned()].into_iter().chain(usd));
    }
    let sums = columns.iter().map(|column| format!("{:.2}", month::sum(column)));
    table.row(["in all".to_owned()].into_iter().chain(sums));
    format!(
        "{}\n  {APPS} apps are deployed; each further app costs USD {:.2} a month. Tracing is off; with it on, X-Ray adds USD \
         0.75 to 15.00 a million.\n",
        table.text(),
        month::further_app()
    )
}

fn price_table() -> String {
    let mut text = format!("  USD for a million, us-east-1, on {}\n", prices::AS_OF);
    for price in prices::ALL {
        // Writing to a string cannot fail.
        writeln!(text, "    {:<34}{:>8.4}  {:<34}{}", price.of, price.per_million, price.unit, price.page)
            .ok();
    }
    text
}

fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}
