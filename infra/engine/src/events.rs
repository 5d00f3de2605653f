//! `engine events`: the events of a marketplace.

use std::io::{self, Write};

use domain::log::EventRecord;
use domain::page::Wanted;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use operations::ListError;
use operations::log::EventFilter;
use runtime::clock;

use crate::filter::{Facts, FilterError};
use crate::json;
use crate::pages;
use crate::reading::Reading;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// List the newest events
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    facts: Facts,
    /// Only events that fire this trigger
    #[arg(long)]
    trigger: Option<Trigger>,
    #[command(flatten)]
    reading: Reading<50>,
}

/// The reason why events cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventsError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A filter cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The events cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// Standard output is closed.
    #[error("the list cannot be written")]
    Output(#[from] io::Error),
}

/// Lists events.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), EventsError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let filter = EventFilter { trigger: args.trigger, ..args.facts.events(stack, &args.reading, now).await? };
    let page = async |wanted: Wanted<'_>| engine.log().events(&m, &filter, wanted, now).await;
    let events = pages::first("the events", args.reading.most(), usize::MAX, page).await?;
    if args.reading.json() {
        return Ok(json::lines(events.iter().map(json::event), out)?);
    }
    if events.is_empty() {
        let narrower = filter != EventFilter::default();
        writeln!(out, "{}", if narrower { "No event matches." } else { "No events yet." })?;
        return Ok(());
    }
    let rows: Vec<_> = events.iter().map(row).collect();
    let table = Table::new(["OCCURRED", "EVENT", "FACT", "ID", "BUYER", "RULES"]);
    table.cutting(&["FACT", "ID", "BUYER", "RULES"]).write(&rows, out)?;
    Ok(())
}

fn row(event: &EventRecord) -> [String; 6] {
    [
        when(event.occurred_at),
        event.id.to_string(),
        event.detail_type.clone(),
        event.fact_id.clone(),
        event.email.clone(),
        summary(event),
    ]
}

/// "2 fired, 1 did not, 300 are not stored".
fn summary(event: &EventRecord) -> String {
    let verdicts = || event.verdicts.values().flatten();
    let fired = verdicts().filter(|judged| matches!(judged.verdict, Verdict::Fired { .. })).count();
    let told = match (fired, verdicts().count() - fired) {
        (0, 0) => "none was read".to_owned(),
        (fired, 0) => format!("{fired} fired"),
        (fired, not) => format!("{fired} fired, {not} did not"),
    };
    match event.unstored.values().sum::<usize>() {
        0 => told,
        more => format!("{told}, {more} are not stored"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn a_row_counts_the_rules_that_fired_and_those_that_did_not() {
        let counted = |verdicts| row(&sample::event(json!({ "verdicts": verdicts })))[5].clone();
        let verdict = |is| json!({ "rule": "rul_1", "verdict": is });
        let fired = verdict(json!({ "is": "fired", "jobs": [] }));
        let off = verdict(json!({ "is": "disabled" }));
        assert_eq!(counted(json!({})), "none was read");
        assert_eq!(counted(json!({ "order_completed": [fired] })), "1 fired");
        let both = json!({ "order_completed": [fired], "product_purchased": [off, fired] });
        assert_eq!(counted(both), "2 fired, 1 did not");
        let cut =
            json!({ "verdicts": { "order_completed": [fired] }, "unstored": { "order_completed": 300 } });
        assert_eq!(row(&sample::event(cut))[5], "1 fired, 300 are not stored");
    }
}
