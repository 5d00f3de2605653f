//! `--json`: JSON Lines, one object per line. The field names are those of the management API.

use std::io::{self, Write};

use domain::fact::Fact;
use domain::integration::{Connection, Integration};
use domain::log::{EventRecord, JobRecord};
use operations::products::SavedProduct;
use serde_json::{Value, json};

/// Writes one object per line.
pub(crate) fn lines(objects: impl IntoIterator<Item = Value>, out: &mut impl Write) -> io::Result<()> {
    objects.into_iter().try_for_each(|object| writeln!(out, "{object}"))
}

/// An action with its attempts.
pub(crate) fn action(job: &JobRecord) -> Value {
    json!({
        "id": job.id, "event": job.id.event, "rule": job.rule, "trigger": job.trigger,
        "integration": job.integration, "app": job.app, "action": job.action, "target": job.target,
        "intent": job.intent, "email": job.email, "line": job.line, "occurred_at": job.occurred_at, "updated_at": job.updated_at,
        "status": job.status, "message": job.reason.as_ref().map(|reason| &reason.message),
        "hint": job.reason.as_ref().and_then(|reason| reason.hint.as_ref()),
        "fix": job.reason.as_ref().and_then(|reason| reason.fix),
        "next_attempt": job.next_attempt, "attempts": job.attempts, "history": job.history,
    })
}

/// An event without its fact.
pub(crate) fn event(event: &EventRecord) -> Value {
    let fact = Fact::parse(&event.detail_type, &event.detail).ok();
    json!({
        "id": event.id, "detail_type": event.detail_type, "fact_id": event.fact_id, "email": event.email,
        "order_id": fact.as_ref().and_then(Fact::order_id), "occurred_at": event.occurred_at,
        "received_at": event.received_at, "timer": event.timer,
    })
}

/// A connected account, without its credentials.
pub(crate) fn integration(account: &Integration) -> Value {
    let (state, since, reason) = match &account.connection {
        Connection::Connected => ("connected", None, None),
        Connection::NeedsReconnect { since, reason } => {
            ("needs_reconnect", Some(since), Some(&reason.message))
        }
    };
    json!({
        "id": account.id, "app": account.app, "label": account.label, "method": account.method,
        "account": account.account, "state": state, "since": since, "reason": reason,
        "paused_until": account.health.open_until, "created_at": account.created_at,
        "updated_at": account.updated_at,
    })
}

/// A product of the catalogue.
pub(crate) fn product(saved: &SavedProduct) -> Value {
    let mut product = json!(saved.product);
    product["saved_at"] = json!(saved.saved_at);
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_object_on_each_line_names_the_action_and_its_event_and_no_secret() {
        let job = sample::job(1, json!({ "token": "s3cret", "reason": { "message": "Two\nlines." } }));
        let account = json!({
            "id": "int_1", "marketplace": "demo", "app": "mailchimp", "label": "Main", "method": "api_key",
            "credentials": "s3cret", "connection": { "state": "connected" },
            "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
        });
        let account: Integration = serde_json::from_value(account).unwrap();
        let mut out = Vec::new();
        lines([action(&job), integration(&account)], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&read[0]["id"], &read[0]["event"]), (&json!(sample::job_id(1)), &json!(sample::EVENT)));
        assert_eq!((&read[0]["message"], &read[1]["state"]), (&json!("Two\nlines."), &json!("connected")));
        assert!(read.len() == 2 && !text.contains("s3cret"), "{text}");
    }
}
