//! `engine dry-run`: the actions that rules would have requested for recent events.

use std::io::{self, Write};
use std::path::PathBuf;

use domain::id::{MarketplaceId, RuleId};
use domain::rule::Rule;
use operations::StoreError;
use operations::log::verdict;
use operations::rules::dry_run::{DryRun, dry_run};
use runtime::clock;
use serde_json::json;

use crate::json;
use crate::reading::Reading;
use crate::rules::{self, RulesError};
use crate::since::{Backwards, days_before};
use crate::stack::{Stack, StackError};
use crate::table::printable;
use crate::terminal::Progress;

/// The default age of the oldest event, in days.
const USUAL_DAYS: i64 = 7;

/// Show the actions that rules would have requested for events of the last 7 days, or since --since; nothing is sent
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rules file, as for `engine rules apply`, or the id of a stored rule
    #[arg(value_name = "FILE|RULE_ID")]
    rule: String,
    #[command(flatten)]
    reading: Reading<10_000>,
}

/// The reason why a dry run failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DryRunError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The time range is empty.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// The file, or a rule in it, is not valid.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// DynamoDB did not respond.
    #[error("the rule or the events cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Judges each rule without the others.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), DryRunError> {
    let (engine, now) = (stack.engine()?, clock::now());
    let (since, until) = args.reading.span(now)?;
    let (since, until) = (since.unwrap_or_else(|| days_before(USUAL_DAYS, now)), until.unwrap_or(now));
    let (m, rules) = asked_for(args.rule, stack).await?;
    let secret = stack.digest_secret().await?;
    let progress = Progress::start("Reading events");
    let events = engine.log().events_between(&m, since, until, args.reading.most(), now).await?;
    drop(progress);
    if args.reading.json() {
        let runs = rules.iter().map(|rule| found(rule, &dry_run(rule, &events, &secret)));
        return Ok(json::lines(runs, out)?);
    }
    for rule in &rules {
        write(rule, &dry_run(rule, &events, &secret), out)?;
    }
    if events.len() == args.reading.most() {
        writeln!(out, "Only the newest {} events were read; --limit raises the number.", events.len())?;
    }
    Ok(())
}

fn found(rule: &Rule, run: &DryRun) -> serde_json::Value {
    let failed = run.failed.values().map(|failed| {
        json!({ "count": failed.count, "event": failed.event, "example": verdict::sentence(&failed.example) })
    });
    json!({
        "rule": rule.id, "events": run.events, "concerned": run.concerned, "fired": run.fired, "buyers": run.buyers,
        "actions": run.jobs, "not_fired": failed.collect::<Vec<_>>(),
    })
}

async fn asked_for(rule: String, stack: &Stack) -> Result<(MarketplaceId, Vec<Rule>), DryRunError> {
    let Ok(id) = rule.parse::<RuleId>() else {
        return Ok(rules::of_file(PathBuf::from(rule), stack).await?);
    };
    let m = stack.marketplace()?;
    match stack.engine()?.rules().get(&m, &id, clock::now()).await? {
        Some(stored) => Ok((m, vec![stored.rule])),
        None => Err(RulesError::Unknown { rule: id, marketplace: m }.into()),
    }
}

fn write(rule: &Rule, run: &DryRun, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: {}", rule.id, printable(&rules::summary(rule)))?;
    writeln!(out, "  of {} events, {} fire {}", run.events, run.concerned, rule.trigger.label())?;
    writeln!(
        out,
        "  would have fired {} times for {} buyers, with {} actions",
        run.fired, run.buyers, run.jobs
    )?;
    for failed in run.failed.values() {
        let example = printable(&verdict::sentence(&failed.example));
        writeln!(out, "  {} times not, as in {}: {example}", failed.count, failed.event)?;
    }
    for preview in &run.previews {
        let settings =
            preview.settings.0.iter().map(|(key, value)| format!("{key}: {}", verdict::value(value)));
        let settings = settings.collect::<Vec<_>>().join("; ");
        let line = preview.line.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        let what =
            format!("{} for {}{line} in {}: {settings}", rules::action(rule), preview.contact, preview.event);
        writeln!(out, "  would send {}", printable(&what))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn a_dry_run_is_told_with_reasons_and_without_addresses() {
        let rule: Rule = serde_json::from_value(json!({
            "id": "rul_1", "marketplace": "demo", "scope": { "kind": "global" }, "trigger": "product_purchased",
            "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "settings": { "list_id": "demo" },
            "enabled": true,
        }))
        .unwrap();
        let mut picky = rule.clone();
        picky.conditions =
            serde_json::from_value(json!([{ "field": "currency", "operator": "equals", "value": "EUR" }]))
                .unwrap();
        let events = [sample::event(json!({}))];
        let mut out = Vec::new();
        let secret = sample::secret();
        write(&rule, &dry_run(&rule, &events, &secret), &mut out).unwrap();
        write(&picky, &dry_run(&picky, &events, &secret), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let event = sample::EVENT;
        assert!(text.contains("would have fired 1 times for 1 buyers, with 1 actions"), "{text}");
        assert!(text.contains("Add To List for a***@example.com, line li_1"), "{text}");
        assert!(
            text.contains(&format!("1 times not, as in {event}: line li_1, rule rul_1: condition 1 failed")),
            "{text}"
        );
        assert!(!text.contains("ada@"), "{text}");
    }
}
