//! The bill of a month: events, their storage, and what the stack costs without traffic.

use super::{Capacity, Usage, prices};

/// The number of apps in an estimate, by default.
pub const APPS: u32 = 7;
/// The alarms of the template without those of apps, counted by the metrics that they watch: AWS bills each.
pub const ALARMS: u32 = 9;
/// The metrics that an app's alarm watches.
pub const ALARMS_OF_APP: u32 = 2;
/// The metrics of the engine that usually have values. AWS bills a metric for the hours in which it has one.
pub const METRICS: u32 = 10;
/// The KMS keys, for the credentials and for the tokens.
const KEYS: u32 = 2;
/// Seconds in a month of 30 days.
const MONTH: f64 = 30.0 * 86_400.0;
/// Lambda polls an idle queue with five requests at a time, each of which waits twenty seconds.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const POLLS: f64 = 5.0 * MONTH / 20.0;
/// The sweeper runs once a minute, for about 50 ms with 256 MB, and reads nine partitions.
const SWEEPS: f64 = MONTH / 60.0;

/// A line of the bill, and USD.
pub type Line = (&'static str, f64);

/// The stack's costs of a month without traffic.
pub fn standing(apps: u32) -> Vec<Line> {
    let apps = f64::from(apps);
    let sweep = Usage { invocations: 1.0, gb_seconds: 0.0125, read_units: 4.5, ..Usage::default() };
    vec![
        ("alarms", prices::ALARM * (f64::from(ALARMS) + f64::from(ALARMS_OF_APP) * apps)),
        ("metrics", prices::METRIC * f64::from(METRICS)),
        ("dashboard", prices::DASHBOARD),
        ("KMS keys", prices::KEY * f64::from(KEYS)),
        ("secret of the digests", prices::SECRET),
        ("polling of idle queues", prices::QUEUE_REQUEST.per_million / 1e6 * POLLS * apps),
        ("sweeper", sweep.per_million(Capacity::OnDemand) / 1e6 * SWEEPS),
    ]
}

/// The cost of each further app in a month without traffic. An app that takes logins also has a secret.
pub fn further_app() -> f64 {
    let sum = |apps| standing(apps).iter().map(|(_, usd)| usd).sum::<f64>();
    sum(APPS + 1) - sum(APPS)
}

/// The bill of a month with that many events.
pub fn bill(usage: &Usage, capacity: Capacity, events: f64, apps: u32) -> Vec<Line> {
    let millions = events / 1e6;
    let mut lines: Vec<Line> = usage
        .lines(capacity)
        .into_iter()
        .map(|(price, amount)| (price.of, price.per_million * amount * millions))
        .collect();
    lines.push(("DynamoDB, storage and recovery", usage.storage() * millions));
    lines.extend(standing(apps));
    lines
}

/// The sum of a bill.
pub fn sum(lines: &[Line]) -> f64 {
    lines.iter().map(|(_, usd)| usd).sum()
}
