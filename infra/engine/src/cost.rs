//! `engine cost`: what a number of events costs a month, at AWS's list prices.

use std::io::{self, Write};

use operations::costs::month::{self, Line};
use operations::costs::{Capacity, LARGEST_BATCH, Shape, prices};
use serde_json::json;

use crate::json;
use crate::reading::Format;
use crate::table::Table;

/// Estimate a month's bill, at AWS's list prices
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The events of a month
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000))]
    events: u64,
    /// Bytes of a fact's detail
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=262_144))]
    size: u32,
    /// The actions that an event starts on average
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    actions: f64,
    /// The triggers that an event invokes on average
    #[arg(long, default_value_t = 2.0, value_parser = share)]
    triggers: f64,
    /// The jobs that a connector receives at once: 1 if there are few, up to 10 if there are many
    #[arg(long, default_value_t = 1.0, value_parser = batch)]
    batch: f64,
    /// The deployed apps
    #[arg(long, default_value_t = month::APPS)]
    apps: u32,
    /// Provisioned capacity for the table, of which half is used, instead of payment for each request
    #[arg(long)]
    provisioned: bool,
    #[command(flatten)]
    format: Format,
}

fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=10_000.0).contains(&number) { Ok(number) } else { Err("must be 0 to 10,000".to_owned()) }
}

fn batch(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (1.0..=LARGEST_BATCH).contains(&number) { Ok(number) } else { Err("must be 1 to 10".to_owned()) }
}

/// Prints the bill. No deployment is required.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> io::Result<()> {
    let Args { events, size, actions, triggers, batch, apps, provisioned, format } = *args;
    let matched = actions.min(1.0);
    let shape = Shape { size: size.into(), triggers, matched, actions, batch };
    let usage = shape.usage();
    let capacity = if provisioned { Capacity::Provisioned } else { Capacity::OnDemand };
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let bill = month::bill(&usage, capacity, events as f64, apps);
    let each = usage.per_million(capacity);
    if format.json {
        let lines: Vec<_> = bill.iter().map(|(of, usd)| json!({ "of": of, "usd": usd })).collect();
        let shown = json!({
            "usd_month": month::sum(&bill), "usd_per_million": each, "usd_further_app": month::further_app(),
            "lines": lines, "prices_as_of": prices::AS_OF,
        });
        return json::lines([shown], out);
    }
    let row = |(of, usd): &Line| [(*of).to_owned(), format!("{usd:.2}")];
    let mut rows: Vec<_> = bill.iter().filter(|(_, usd)| *usd >= 0.005).map(row).collect();
    rows.push(["a month in all".to_owned(), format!("{:.2}", month::sum(&bill))]);
    Table::new(["", "USD"]).write(&rows, out)?;
    writeln!(
        out,
        "\nA million events cost USD {each:.2} without storage. Each further app costs USD {:.2} a month.\nList prices of \
         us-east-1 on {}, without free tiers, taxes and data transfer. Functions' times are assumed.",
        month::further_app(),
        prices::AS_OF,
    )
}
