//! `engine event`: an event, with the verdict of every rule and its actions with each attempt.

mod report;

use std::io::{self, Write};

use domain::id::{EventId, InvalidId, JobId, MarketplaceId};
use domain::log::{EventRecord, JobRecord};
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use operations::StoreError;
use operations::log::explain::{Explanation, Unread, explain};
use operations::log::unstarted::{Unstarted, unstarted};
use operations::log::verdict;
use runtime::clock;
use serde_json::{Value, json};

use crate::json;
use crate::reading::Format;
use crate::stack::{Stack, StackError};

/// Show an event with the verdict of each rule and the reasons
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of the event, or of one of its actions
    #[arg(value_name = "EVENT_ID|JOB_ID", value_parser = event_id)]
    id: EventId,
    #[command(flatten)]
    format: Format,
}

/// Parses the id of an event, or of one of its actions, which contains it.
fn event_id(text: &str) -> Result<EventId, InvalidId> {
    match text.parse::<JobId>() {
        Ok(job) => Ok(job.event),
        Err(_) => text.parse(),
    }
}

/// The reason why an event cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The event is not stored.
    #[error(
        "event {event} is not stored in {marketplace}: its fact is not planned yet, fires no trigger, broke the \
         contract (then the facts queue has it), or is older than the log is kept"
    )]
    Unknown {
        /// The event.
        event: EventId,
        /// The marketplace.
        marketplace: MarketplaceId,
    },
    /// DynamoDB did not respond.
    #[error("the event cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the event cannot be written")]
    Output(#[from] io::Error),
}

/// Shows an event.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), EventError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let (event, jobs) = engine.log().event_with_actions(&m, &args.id, now).await?;
    let Some(event) = event else {
        return Err(EventError::Unknown { event: args.id, marketplace: m });
    };
    let rules = engine.rules().all(&m, now).await?;
    let notes = engine.log().notes(&m, &event, now).await?;
    let explanation = explain(&event, rules, None, &stack.digest_secret().await?);
    if args.format.json {
        let waiting = unstarted(&event, &jobs, now);
        return Ok(json::lines([document(&event, &jobs, &explanation, &notes, &waiting)], out)?);
    }
    report::write(&event, &jobs, &explanation, &notes, now, out)?;
    Ok(())
}

/// The output of `--json`.
fn document(
    event: &EventRecord,
    jobs: &[JobRecord],
    explanation: &Explanation,
    notes: &[String],
    waiting: &[Unstarted],
) -> Value {
    let judged = |trigger: Trigger, judged: &RuleVerdict, stored: bool, message: String| {
        let is = json!(judged.verdict)["is"].take();
        json!({ "trigger": trigger, "rule": judged.rule, "line": judged.line, "is": is, "stored": stored, "message": message })
    };
    let stored = event.verdicts.iter().flat_map(|(trigger, verdicts)| {
        verdicts.iter().map(|one| judged(*trigger, one, true, verdict::sentence(one)))
    });
    let now = explanation.unread.iter().flat_map(|Unread { trigger, verdicts }| {
        verdicts.iter().map(|one| judged(*trigger, &one.judged, false, verdict::sentence_now(one)))
    });
    let silent = explanation.silent.iter().map(
        |silent| json!({ "trigger": silent.trigger, "rule": silent.rule, "message": report::silent(silent) }),
    );
    let not_started = waiting.iter().map(|action| {
        json!({ "action": action.job, "rule": action.rule, "line": action.line, "late": action.late })
    });
    json!({
        "event": json::event(event), "detail": serde_json::from_str::<Value>(&event.detail).unwrap_or_default(),
        "notes": notes, "verdicts": stored.chain(now).collect::<Vec<_>>(), "silent": silent.collect::<Vec<_>>(),
        "actions": jobs.iter().map(json::action).collect::<Vec<_>>(),
        "not_started": not_started.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, EVENT, job_id};

    #[test]
    fn an_event_is_named_by_its_id_or_by_that_of_an_action_of_it() {
        assert_eq!(event_id(EVENT).unwrap(), event_id(&job_id(7)).unwrap());
        assert!(event_id("evt_1").is_err());
    }

    #[test]
    fn a_document_has_the_verdicts_with_their_reasons_and_the_actions() {
        let off = json!({ "rule": "rul_1", "verdict": { "is": "disabled" } });
        let event = sample::event(json!({ "verdicts": { "order_completed": [off] } }));
        let said = document(&event, &[sample::job(1, json!({}))], &Explanation::default(), &[], &[]);
        assert_eq!((&said["event"]["id"], &said["actions"][0]["id"]), (&json!(EVENT), &json!(job_id(1))));
        assert_eq!(
            (&said["verdicts"][0]["is"], &said["verdicts"][0]["stored"]),
            (&json!("disabled"), &json!(true))
        );
        assert_eq!(said["detail"]["customer"]["email"], "ada@example.com");
    }
}
