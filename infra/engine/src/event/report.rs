//! The text output of an event.

use std::io::{self, Write};

use domain::fact::{Course, Customer, Fact, Item, LeadPage};
use domain::log::{EventRecord, JobRecord, Status, Timer};
use domain::trigger::Trigger;
use operations::firings::{Firings, Silent};
use operations::log::explain::{Explanation, SilentRule, Unread};
use operations::log::unstarted::{Unstarted, unstarted};

use crate::log;
use crate::rules::action_label;
use crate::table::{Table, printable, when};
use jiff::Timestamp;
use operations::log::verdict;

/// Writes the fact, the verdicts and the actions.
pub(super) fn write(
    event: &EventRecord,
    jobs: &[JobRecord],
    explanation: &Explanation,
    notes: &[String],
    now: Timestamp,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", event.id)?;
    Table::bare().write(&facts(event), out)?;
    for note in notes {
        writeln!(out, "\n{}", printable(note))?;
    }
    for (trigger, verdicts) in &event.verdicts {
        sentences(trigger.label(), verdicts.iter().map(verdict::sentence), out)?;
        if let Some(more) = event.unstored.get(trigger) {
            writeln!(out, "  and {more} more, which the event had no room for: judged again below")?;
        }
    }
    for Unread { trigger, verdicts } in &explanation.unread {
        let heading = format!("{}, rules without a stored verdict, judged now", trigger.label());
        sentences(&heading, verdicts.iter().map(verdict::sentence_now), out)?;
    }
    let fires = || Trigger::ALL.iter().any(|trigger| Firings::of(event, *trigger).is_ok());
    if event.verdicts.is_empty() && explanation.unread.is_empty() && fires() {
        writeln!(out, "\nNo rule was read: the marketplace has none for the triggers of this fact.")?;
    }
    if !explanation.silent.is_empty() {
        writeln!(out, "\nRules that this event does not fire")?;
    }
    for silent in &explanation.silent {
        writeln!(out, "  {}", printable(&self::silent(silent)))?;
    }
    actions(jobs, &unstarted(event, jobs, now), out)
}

fn sentences(heading: &str, sentences: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{heading}")?;
    for sentence in sentences {
        writeln!(out, "  {}", printable(&sentence))?;
    }
    Ok(())
}

/// The reason why a rule's trigger does not fire.
pub(super) fn silent(SilentRule { rule, trigger, why }: &SilentRule) -> String {
    let label = trigger.label();
    match why {
        Silent::Fact => format!("rule {rule}: the fact does not fire {label}"),
        Silent::Timer(None) => format!("rule {rule}: {label} needs a timer, and the event has none"),
        Silent::Timer(Some(timer)) => format!("rule {rule}: {label}'s timer {}", self::timer(timer)),
        Silent::Unreadable => format!("rule {rule}: the stored fact can no longer be read"),
    }
}

/// The fields of the fact, one per row.
fn facts(event: &EventRecord) -> Vec<[String; 2]> {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, text: String| rows.push([format!("  {name}"), text]);
    row("fact", format!("{} {}", event.detail_type, event.fact_id));
    row("occurred", format!("{}, received {}", when(event.occurred_at), when(event.received_at)));
    match Fact::parse(&event.detail_type, &event.detail) {
        Err(error) => {
            row("buyer", event.email.clone());
            row("detail", format!("can no longer be read: {error}"));
        }
        Ok(fact) => {
            row("buyer", buyer(&fact.common.customer));
            let ids = [
                ("order", fact.order_id()),
                ("charge", fact.charge_id()),
                ("subscription", fact.subscription_id()),
                ("course", fact.course().map(Course::name)),
                ("page", fact.page().map(LeadPage::name)),
            ];
            for (name, id) in ids {
                if let Some(id) = id {
                    row(name, id.to_owned());
                }
            }
            if let Some(amount) = fact.amount(None) {
                row("amount", amount.to_string());
            }
            for (index, item) in fact.items() {
                row(&format!("line {}", item.line_id(index)), line(item));
            }
            if fact.common.test_mode {
                row("test", "yes".to_owned());
            }
        }
    }
    if let Some(timer) = &event.timer {
        row("timer", self::timer(timer));
    }
    rows
}

fn buyer(customer: &Customer) -> String {
    let names = [&customer.first_name, &customer.last_name];
    let names: Vec<_> =
        names.iter().filter_map(|name| name.as_deref()).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        customer.email.to_string()
    } else {
        format!("{} <{}>", names.join(" "), customer.email)
    }
}

fn line(item: &Item) -> String {
    let mut parts = vec![
        format!("{} × {} ({})", item.quantity, item.name(), item.product_id),
        item.role.key().to_owned(),
    ];
    parts.push(item.amount().to_string());
    parts.extend(item.coupon_code().map(|code| format!("coupon {code}")));
    parts.extend(item.payment_option.as_ref().map(|plan| format!("paid as {plan}")));
    parts.extend(item.gift_recipient().map(|recipient| format!("a gift for {}", recipient.email)));
    parts.join(", ")
}

fn timer(timer: &Timer) -> String {
    match timer {
        Timer::Waiting { fires_at, .. } => {
            format!("fires at {} unless the product is bought", when(*fires_at))
        }
        Timer::Joined { event, .. } => {
            format!("already runs for an earlier prospect of the same buyer and product, {event}")
        }
        Timer::Fired { at } => format!("ended at {}, and Prospect Created fired", when(*at)),
        Timer::Bought { event } => format!("superseded: the product was bought before it ended, in {event}"),
    }
}

/// Every action that was sent, started or not, with its attempts below it.
fn actions(jobs: &[JobRecord], unstarted: &[Unstarted], out: &mut impl Write) -> io::Result<()> {
    if jobs.is_empty() && unstarted.is_empty() {
        return writeln!(out, "\nNo actions.");
    }
    writeln!(out, "\nActions")?;
    for job in jobs {
        let what = format!("{}: {}", job.app.label(), action_label(job.app, &job.action));
        let line = job.line.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        let head = format!("{what} for {}{line}, by {}: {}", job.email, job.rule, log::standing(job));
        writeln!(out, "  {}", printable(&head))?;
        for attempt in &job.history {
            let message = attempt.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            let tried = format!("{} {}{message}", when(attempt.at), attempt.status.key());
            writeln!(out, "    {}", printable(&tried))?;
        }
    }
    let failed = jobs
        .iter()
        .filter(|job| matches!(job.status, Status::Rejected | Status::Exhausted | Status::Canceled));
    for job in failed {
        writeln!(
            out,
            "  `engine retry {}` tries {} by {} again",
            job.id,
            action_label(job.app, &job.action),
            job.rule
        )?;
    }
    for action in unstarted {
        let line = action.line.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        let said = format!("{}, by {}{line}: {}", action.job, action.rule, action.message());
        writeln!(out, "  {}", printable(&said))?;
        if action.late {
            writeln!(out, "  `engine retry {}` sends it again", action.job)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use operations::log::explain::{JudgedNow, Unstored};
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::{self, EVENT, job_id};

    fn text(event: &EventRecord, jobs: &[JobRecord], explanation: &Explanation) -> String {
        with_notes(event, jobs, explanation, &[])
    }

    fn with_notes(
        event: &EventRecord,
        jobs: &[JobRecord],
        explanation: &Explanation,
        notes: &[String],
    ) -> String {
        let mut out = Vec::new();
        let now = event.received_at + SignedDuration::from_mins(5);
        write(event, jobs, explanation, notes, now, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn now(judged: &Value, unstored: Unstored) -> JudgedNow {
        JudgedNow { judged: serde_json::from_value(judged.clone()).unwrap(), unstored }
    }

    #[test]
    fn an_event_is_told_from_the_fact_to_the_last_attempt() {
        let verdicts = json!({ "product_purchased": [
            { "rule": "rul_tag", "line": "li_1", "verdict": { "is": "fired", "jobs": [job_id(1), job_id(2)] } },
            { "rule": "rul_eur", "line": "li_1", "verdict": { "is": "condition_failed", "number": 1,
                "field": "currency", "operator": "equals", "expected": "EUR", "actual": "USD" } },
        ] });
        let job = sample::job(
            1,
            json!({ "status": "retrying", "next_attempt": "2026-05-04T10:00:10Z", "reason": { "message": "Down." },
                "history": [{ "at": "2026-05-04T10:00:05Z", "status": "retrying", "message": "Down." }] }),
        );
        let other = json!({ "rule": "rul_rye", "verdict": { "is": "other_products" } });
        let verdicts_now = vec![now(&other, Unstored::NotRead)];
        let refund = SilentRule {
            rule: "rul_refund".parse().unwrap(),
            trigger: Trigger::ProductRefunded,
            why: Silent::Fact,
        };
        let explanation = Explanation {
            unread: vec![Unread { trigger: Trigger::OrderCompleted, verdicts: verdicts_now }],
            silent: vec![refund],
        };
        assert_eq!(
            text(&sample::event(json!({ "verdicts": verdicts })), &[job], &explanation),
            format!(
                "{EVENT}
  fact       Order Completed ord_1.completed
  occurred   2026-05-04 10:00:00Z, received 2026-05-04 10:00:01Z
  buyer      Ada <ada@example.com>
  order      ord_1
  charge     ch_1
  amount     USD 93.00
  line li_1  2 × Sourdough (sourdough), primary, USD 93.00, coupon SPRING, a gift for g@example.com
  test       yes

Product Purchased
  line li_1, rule rul_tag: fired with 2 actions
  line li_1, rule rul_eur: condition 1 failed: currency equals EUR, was USD

Order Completed, rules without a stored verdict, judged now
  rule rul_rye: is for other products

Rules that this event does not fire
  rule rul_refund: the fact does not fire Product Refunded

Actions
  Mailchimp: Add Tag for ada@example.com, line li_1, by rul_tag: retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Down.
    2026-05-04 10:00:05Z retrying: Down.
  {}, by rul_tag, line li_1: On its queue. Not started yet.
",
                job_id(2)
            )
        );
    }

    #[test]
    fn verdicts_that_are_not_stored_are_counted_and_judged_again() {
        let judged = json!({ "rule": "rul_eur", "line": "li_1", "verdict": { "is": "disabled" } });
        let fields = json!({ "verdicts": { "product_purchased": [judged] }, "unstored": { "product_purchased": 2100 } });
        let unread = vec![Unread {
            trigger: Trigger::ProductPurchased,
            verdicts: vec![now(&judged, Unstored::NoRoom)],
        }];
        let text = text(&sample::event(fields), &[], &Explanation { unread, silent: Vec::new() });
        assert!(
            text.contains("  and 2100 more, which the event had no room for: judged again below\n"),
            "{text}"
        );
        assert!(text.contains("Product Purchased, rules without a stored verdict, judged now\n"), "{text}");
    }

    #[test]
    fn an_event_that_woke_no_rule_says_so() {
        let text = text(&sample::event(json!({})), &[], &Explanation::default());
        assert!(text.contains("No rule was read") && text.ends_with("\nNo actions.\n"), "{text}");
    }

    #[test]
    fn a_prospect_that_waits_says_until_when_and_not_that_no_rule_was_read() {
        let waits = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
        let event = sample::event(json!({ "detail_type": "Prospect Created", "timer": waits }));
        let fired = json!({ "rule": "rul_1", "verdict": { "is": "fired", "jobs": [job_id(1)] } });
        let until = Unstored::Waits { until: "2026-05-04T12:00:00Z".parse().unwrap() };
        let unread = vec![Unread { trigger: Trigger::ProspectCreated, verdicts: vec![now(&fired, until)] }];
        let told = text(&event, &[], &Explanation { unread, silent: Vec::new() });
        let judged = "  rule rul_1: is judged at 2026-05-04T12:00:00Z, unless the product is bought; it would fire now\n";
        assert!(told.contains(judged), "{told}");
        let told = text(&event, &[], &Explanation::default());
        assert!(!told.contains("No rule was read"), "{told}");
    }

    #[test]
    fn notes_stand_between_the_fact_and_the_verdicts() {
        let notes = ["Order ord_1 was bought by old@example.com.".to_owned()];
        let text = with_notes(&sample::event(json!({})), &[], &Explanation::default(), &notes);
        assert!(text.contains("\n\nOrder ord_1 was bought by old@example.com.\n"), "{text}");
    }

    #[test]
    fn an_action_that_failed_says_how_to_try_it_again() {
        let failed = sample::job(1, json!({ "status": "exhausted" }));
        let text = text(&sample::event(json!({})), &[failed], &Explanation::default());
        let way_out = format!("`engine retry {}` tries Add Tag by rul_tag again", job_id(1));
        assert!(text.contains(&way_out), "{text}");
    }

    #[test]
    fn a_timer_is_told_in_words() {
        let told = |value: Value| timer(&serde_json::from_value(value).unwrap());
        let bought = json!({ "state": "bought", "event": EVENT });
        assert_eq!(told(bought), format!("superseded: the product was bought before it ended, in {EVENT}"));
        let waiting = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
        assert_eq!(told(waiting), "fires at 2026-05-04 12:00:00Z unless the product is bought");
    }
}
