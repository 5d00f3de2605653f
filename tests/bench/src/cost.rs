//! The cost of an event: the counted calls at list prices.
use std::fmt::Write;

use crate::calls::{Row, sum};
use crate::invocations::Ran;
use crate::prices::{self, Price};
use crate::steady::{self, Counted};
use crate::table::Table;

/// The budget for a million events with one matching rule and one action, in DynamoDB, SQS and Lambda, in USD.
const BUDGET: f64 = 4.40;
/// After the first trace of each second, AWS records this share.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
const TRACED: f64 = 0.05;
/// Calls that depend on time and not on events: the sweeper runs every minute.
const BACKGROUND: [&str; 2] = ["Sweeper", "due"];

/// The bill of one event.
struct Bill {
    table: Table,
    facts: f64,
    usd: f64,
}

impl Bill {
    /// A line for `amount` of all facts together, with `calls` if their number differs.
    fn line(&mut self, what: String, calls: Option<f64>, amount: f64, price: Price) {
        self.line_with_indexes(what, calls, amount, 0.0, price);
    }

    fn line_with_indexes(
        &mut self,
        what: String,
        calls: Option<f64>,
        amount: f64,
        indexes: f64,
        price: Price,
    ) {
        let usd = amount / self.facts * price.per_million;
        self.usd += usd;
        let each = |amount: f64| format!("{:.2}", amount / self.facts);
        let calls = calls.map(each).unwrap_or_default();
        let indexes = if indexes > 0.0 { each(indexes) } else { String::new() };
        let unit = format!("{:<12}", price.unit);
        self.table.row([
            what,
            calls,
            format!("{:.3} {unit}", amount / self.facts),
            indexes,
            format!("{usd:.2}"),
        ]);
    }

    fn total(&mut self, what: &str) {
        self.table.row([what, "", "", "", &format!("{:.2}", self.usd)]);
    }
}

/// The bill, its comparison with the budget, and the prices, as text.
pub(crate) fn report(counted: &Counted) -> String {
    let head = ["", "calls", "an event", "in indexes", "USD a million"];
    let mut bill = Bill { table: Table::new(head), facts: counted.facts, usd: 0.0 };
    table_lines(&mut bill, counted);
    queue_lines(&mut bill, counted);
    let functions = function_lines(&mut bill, counted);
    let engine = bill.usd;
    bill.total("DynamoDB, SQS and Lambda");
    bill.table.gap();
    bill.line("KMS".to_owned(), None, kms(counted), prices::KMS_REQUEST);
    let own = sum(counted.calls.with("events", "PutEvents").map(|row| row.entries));
    bill.line("EventBridge".to_owned(), None, counted.facts + own, prices::BUS_EVENT);
    bill.line("CloudWatch Logs".to_owned(), None, functions.log_kilobytes, prices::LOG_KILOBYTE);
    bill.line("X-Ray, 5 % of invocations".to_owned(), None, functions.invocations * TRACED, prices::TRACE);
    bill.total("all of it");

    let (facts, rate, warm) = (steady::FACTS, steady::RATE, steady::WARM_UP);
    let mut text = format!(
        "1. The cost of an event\n   {facts} purchases of one item, one matching rule, one action; {rate} a second, after \
         {warm} to warm up\n\n{}\n{}\n",
        bill.table.text(),
        budget(counted, engine),
    );
    if counted.calls.of("dynamodb").any(|row| row.unknown_writes > 0.0) {
        text += "  Some writes did not report their consumption, so the bill is too low.\n";
    }
    text += "  Lambda's time is this machine's, local AWS included. A connector's is the app's: each 100 ms that an app\n  \
             takes to answer cost USD 0.17 for a million actions at 128 MB. An idle queue's polls are not in it.\n\n";
    text += &price_table();
    text
}

fn table_lines(bill: &mut Bill, counted: &Counted) {
    for row in items(counted).filter(|row| row.write_units > 0.0) {
        let what = format!("DynamoDB, write {}", row.name());
        bill.line_with_indexes(what, Some(row.calls), row.write_units, row.in_indexes(), prices::WRITE_UNIT);
    }
    for row in items(counted).filter(|row| row.read_units > 0.0) {
        bill.line(
            format!("DynamoDB, read {}", row.name()),
            Some(row.calls),
            row.read_units,
            prices::READ_UNIT,
        );
    }
}

fn queue_lines(bill: &mut Bill, counted: &Counted) {
    for row in counted.calls.of("sqs") {
        bill.line(format!("SQS, {}", row.operation), None, row.calls, prices::SQS_REQUEST);
    }
    // Lambda's polling of a queue is billed to the account: one request to receive a batch and one to delete it.
    let connectors = counted.functions.iter().filter(|(name, _)| is_connector(name));
    let polls = 2.0 * sum(connectors.map(|(_, ran)| ran.invocations));
    bill.line("SQS, ReceiveMessage, DeleteMessageBatch".to_owned(), None, polls, prices::SQS_REQUEST);
}

/// Adds the functions' lines and returns their totals.
fn function_lines(bill: &mut Bill, counted: &Counted) -> Ran {
    let mut all = Ran::default();
    for (name, ran) in counted.functions.iter().filter(|(name, _)| !in_background(name)) {
        bill.line(format!("Lambda, {name}"), None, ran.invocations, prices::INVOCATION);
        all.invocations += ran.invocations;
        all.gb_seconds += ran.gb_seconds;
        all.log_kilobytes += ran.log_kilobytes;
    }
    bill.line("Lambda, time on this machine".to_owned(), None, all.gb_seconds, prices::GB_SECOND);
    all
}

/// Connectors share a log.
fn is_connector(name: &str) -> bool {
    name == "Apps"
}

fn in_background(name: &str) -> bool {
    name.split(' ').next().is_some_and(|word| BACKGROUND.contains(&word))
}

/// The calls to the table that facts caused.
fn items(counted: &Counted) -> impl Iterator<Item = &Row> {
    counted.calls.of("dynamodb").filter(|row| !in_background(&row.item))
}

fn kms(counted: &Counted) -> f64 {
    sum(counted.calls.of("kms").map(|row| row.calls))
}

fn budget(counted: &Counted, usd: f64) -> String {
    let each = |amount: f64| amount / counted.facts;
    let most = |rows: &mut dyn Iterator<Item = f64>| rows.fold(0.0, f64::max);
    let writes = || items(counted).filter(|row| row.write_units > 0.0);
    let own_units = |row: &Row| row.write_units - row.in_indexes();
    let events = sum(writes().filter(|row| row.operation == "UpdateItem").map(own_units));
    let largest =
        most(&mut writes().filter(|row| row.operation == "PutItem").map(|row| own_units(row) / row.calls));
    let reads = most(&mut items(counted).map(|row| row.read_units / row.calls));
    let indexes = most(&mut writes().map(Row::indexes));
    let sent = sum(counted.calls.with("sqs", "SendMessageBatch").map(|row| row.calls));
    let lines = [
        ("writes", each(sum(writes().map(|row| row.calls))), 3.0),
        ("write units of the event, without indexes", each(events), 1.0),
        ("write units of a claim or an action, without indexes", largest, 1.0),
        ("indexes that a write touches", indexes, 1.0),
        ("read units of a read", reads, 0.5),
        ("SendMessageBatch", each(sent), 1.0),
        ("calls of KMS, by all events together", kms(counted), 0.0),
        ("USD for a million in DynamoDB, SQS and Lambda", usd, BUDGET),
    ];
    let mut table = Table::new(["an event", "measured", "budget", ""]);
    for (what, measured, most) in lines {
        let verdict = if measured < most + 0.005 { "kept" } else { "over" };
        table.row([what, &format!("{measured:.2}"), &format!("{most:.2}"), verdict]);
    }
    table.text()
}

fn price_table() -> String {
    let mut text = format!("  USD for a million, {}\n", prices::READ);
    for price in prices::ALL {
        // Writing to a string cannot fail.
        writeln!(text, "    {:<19}{:>8.4}  {:<13}{}", price.of, price.per_million, price.unit, price.page)
            .ok();
    }
    text
}
