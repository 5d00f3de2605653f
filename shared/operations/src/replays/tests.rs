use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::sample::{self, rule};

/// Five seconds after the sample's record was written.
fn now() -> Timestamp {
    "2026-05-04T10:00:10Z".parse().unwrap()
}

fn request(by: RuleSource, forced: bool, selection: Selection) -> ReplayRequest {
    ReplayRequest { selection, by, forced, run: RunId::new(Timestamp::UNIX_EPOCH, "x") }
}

fn everything(by: RuleSource) -> ReplayRequest {
    request(by, false, Selection::default())
}

/// Replays one event.
fn remake(
    event: &EventRecord,
    records: &[JobRecord],
    rules: &[Rule],
    request: &ReplayRequest,
    now: Timestamp,
) -> Replay {
    let mut replay = Replay::new(rules.iter().cloned().collect(), request, sample::secret());
    replay.add(event.clone(), records, request, now);
    replay
}

/// The jobs of the sample event for these rules.
fn jobs(rules: &[Rule]) -> Vec<Job> {
    remake(&sample::event(json!({})), &[], rules, &everything(RuleSource::Current), now()).jobs().collect()
}

impl Replay {
    fn first(&self) -> Job {
        self.jobs().next().unwrap()
    }
}

/// The event, with verdicts that sent these jobs.
fn event_that_sent(jobs: &[Job]) -> EventRecord {
    let fired = jobs.iter().map(
        |job| json!({ "rule": job.rule, "line": job.line, "verdict": { "is": "fired", "jobs": [job.id] } }),
    );
    sample::event(json!({ "verdicts": { "product_purchased": fired.collect::<Vec<_>>() } }))
}

fn bought(id: &str) -> Rule {
    rule(id, "product_purchased", &["sourdough"])
}

#[test]
fn what_failed_is_sent_again_and_what_took_effect_is_not() {
    let rules = ["rul_1", "rul_2", "rul_3", "rul_4", "rul_5"].map(bought);
    let all = jobs(&rules);
    let records: Vec<_> = ["rejected", "exhausted", "performed", "retrying"]
        .iter()
        .zip(&all)
        .map(|(status, job)| sample::record(job.id, status))
        .collect();
    for by in [RuleSource::Current, RuleSource::AsSent] {
        let replay = remake(&event_that_sent(&all), &records, &rules, &everything(by), now());
        // The fifth never started, so it may not have reached its queue.
        let sent: Vec<_> = replay.jobs().map(|job| job.id).collect();
        assert_eq!(sent, [all[0].id, all[1].id, all[4].id]);
        assert_eq!((&replay.done, &replay.under_way), (&vec![all[2].id], &vec![all[3].id]));
        assert!(replay.gone.is_empty());
        assert!(replay.jobs().all(|job| job.rerun.as_ref().is_some_and(|again| !again.forced)));
    }
}

#[test]
fn forced_what_took_effect_is_sent_too_but_nothing_that_is_under_way() {
    let rules = ["rul_1", "rul_2"].map(bought);
    let all = jobs(&rules);
    let records = [sample::record(all[0].id, "performed"), sample::record(all[1].id, "held")];
    let forced = request(RuleSource::AsSent, true, Selection::default());
    let replay = remake(&event_that_sent(&all), &records, &rules, &forced, now());
    assert_eq!(replay.actions(), 1);
    assert!(replay.first().rerun.as_ref().is_some_and(|again| again.forced));
    assert_eq!(replay.under_way, [all[1].id]);
}

#[test]
fn by_the_rules_of_now_a_new_rule_fires_and_a_rule_that_is_off_does_not() {
    let before = [bought("rul_1")];
    let event = event_that_sent(&jobs(&before));
    let changed = [Rule { enabled: false, ..bought("rul_1") }, bought("rul_2")];
    let replay = remake(&event, &[], &changed, &everything(RuleSource::Current), now());
    let rules: Vec<_> = replay.jobs().map(|job| job.rule.to_string()).collect();
    assert_eq!(rules, ["rul_2"]);
}

#[test]
fn as_it_was_then_exactly_what_was_sent_is_sent_again() {
    let before = [bought("rul_1"), bought("rul_gone"), bought("rul_moved")];
    let all = jobs(&before);
    let event = event_that_sent(&all);
    let mut changed = Rule { enabled: false, ..bought("rul_1") };
    changed.conditions =
        serde_json::from_value(json!([{ "field": "currency", "operator": "equals", "value": "EUR" }]))
            .unwrap();
    // Another target makes another job.
    let mut moved = bought("rul_moved");
    moved.settings.0.insert("list_id".to_owned(), json!("elsewhere"));
    // A new rule with the same request does not replace the old one.
    let mut rival = bought("rul_0");
    rival.settings = changed.settings.clone();
    let replay = remake(&event, &[], &[rival, changed, moved], &everything(RuleSource::AsSent), now());
    assert_eq!(replay.jobs().map(|job| job.id).collect::<Vec<_>>(), [all[0].id]);
    let gone = |of: &Job, why| Gone { job: of.id, why };
    let mut expected = [gone(&all[1], Why::Deleted), gone(&all[2], Why::Changed)];
    expected.sort();
    assert_eq!(replay.gone, expected);
}

#[test]
fn only_what_was_asked_for_is_sent() {
    let rules = ["rul_1", "rul_2"].map(bought);
    let all = jobs(&rules);
    let records = [sample::record(all[0].id, "rejected"), sample::record(all[1].id, "exhausted")];
    let event = event_that_sent(&all);
    let sent = |selection: Selection| {
        let replay = remake(&event, &records, &rules, &request(RuleSource::AsSent, false, selection), now());
        replay.jobs().map(|job| job.rule.to_string()).collect::<Vec<_>>()
    };
    let any = Selection::default;
    assert_eq!(sent(Selection { statuses: vec![Status::Rejected], ..any() }), ["rul_1"]);
    assert_eq!(sent(Selection { rule: Some("rul_2".parse().unwrap()), ..any() }), ["rul_2"]);
    assert_eq!(sent(Selection { job: Some(all[1].id), ..any() }), ["rul_2"]);
    assert!(sent(Selection { trigger: Some(Trigger::OrderCompleted), ..any() }).is_empty());
}

#[test]
fn a_job_of_an_earlier_replay_can_be_asked_for_by_its_id() {
    let rules = [bought("rul_new")];
    let job = &jobs(&rules)[0];
    let records = [JobRecord { rule: job.rule.clone(), ..sample::record(job.id, "rejected") }];
    let wish = request(RuleSource::AsSent, false, Selection { job: Some(job.id), ..Selection::default() });
    assert_eq!(remake(&sample::event(json!({})), &records, &rules, &wish, now()).actions(), 1);
}

/// The record of a job, as connectors write it.
fn record_of(job: &Job, status: &str) -> JobRecord {
    JobRecord {
        rule: job.rule.clone(),
        integration: job.integration.clone(),
        action: job.action.clone(),
        intent: job.effect.intent,
        effect: Some(job.effect.key),
        ..sample::record(job.id, status)
    }
}

fn tags(id: &str, action: &str) -> Rule {
    let settings = serde_json::from_value(json!({ "list_id": "l", "tag": ["Member"] })).unwrap();
    Rule { action: action.to_owned(), settings, ..bought(id) }
}

#[test]
fn a_rejected_add_tag_whose_rule_removes_it_now_is_not_made_again_as_it_was_sent() {
    let before = jobs(&[tags("rul_1", "add_tag")]);
    let event = event_that_sent(&before);
    let records = [record_of(&before[0], "rejected")];
    let asked =
        request(RuleSource::AsSent, false, Selection { job: Some(before[0].id), ..Selection::default() });
    let replay = remake(&event, &records, &[tags("rul_1", "remove_tag")], &asked, now());
    assert_eq!(replay.gone, [Gone { job: before[0].id, why: Why::Changed }]);
    assert!(replay.actions() == 0);
}

#[test]
fn what_a_changed_rule_still_asks_for_is_what_a_replay_and_a_retry_make_again() {
    let tagged = |tags: &[&str]| serde_json::from_value(json!({ "list_id": "l", "tag": tags })).unwrap();
    let base = || Rule { settings: tagged(&["Member", "VIP"]), ..tags("rul_1", "add_tag") };
    let before = jobs(&[base()]).remove(0);
    let event = event_that_sent(std::slice::from_ref(&before));
    let cases = [
        (Rule { enabled: false, ..base() }, true),
        (Rule { settings: tagged(&["VIP", " member"]), ..base() }, true),
        (rule("rul_1", "product_purchased", &["rye", "sourdough"]), false),
        (Rule { scope: rule("rul_1", "product_purchased", &["rye"]).scope, ..base() }, false),
        (Rule { settings: tagged(&["VIP"]), ..base() }, false),
        (Rule { trigger: Trigger::OrderCompleted, ..base() }, false),
        (Rule { integration: "int_2".parse().unwrap(), ..base() }, false),
        (Rule { action: "remove_tag".to_owned(), ..base() }, false),
    ];
    for (changed, asked) in cases {
        let retry =
            request(RuleSource::AsSent, false, Selection { job: Some(before.id), ..Selection::default() });
        for request in [everything(RuleSource::AsSent), retry] {
            let replay = remake(&event, &[], std::slice::from_ref(&changed), &request, now());
            assert_eq!(replay.gone.is_empty(), asked, "{changed:?}");
            let made = replay.jobs().find(|made| made.id == before.id).map(|made| made.settings);
            assert_eq!(made, before.with_settings_of(&changed).map(|job| job.settings), "{changed:?}");
        }
        assert_eq!(before.withdrawal(&changed).is_none(), asked, "{changed:?}");
    }
}

#[test]
fn a_rule_that_names_another_account_is_replayed_there_and_took_no_effect_there_before() {
    let before = jobs(&[bought("rul_1")]);
    let event = event_that_sent(&before);
    let moved = Rule { integration: "int_2".parse().unwrap(), ..bought("rul_1") };
    let replay = remake(
        &event,
        &[record_of(&before[0], "performed")],
        &[moved],
        &everything(RuleSource::Current),
        now(),
    );
    assert!(replay.done.is_empty() && replay.gone.is_empty(), "{replay:?}");
    assert_eq!(replay.first().integration.as_str(), "int_2");
    assert_ne!(replay.first().id, before[0].id);
}

#[test]
fn what_took_effect_is_known_by_its_effect_whichever_rule_asked_for_it() {
    let before = jobs(&[bought("rul_1")]);
    let mut twin = bought("rul_2");
    twin.settings = bought("rul_1").settings;
    let records = [record_of(&before[0], "performed")];
    let replay =
        remake(&event_that_sent(&before), &records, &[twin], &everything(RuleSource::Current), now());
    assert!(replay.actions() == 0 && replay.done.len() == 1, "{replay:?}");
}

#[test]
fn a_job_that_is_long_past_its_next_attempt_is_lost_and_sent_again() {
    let rules = [bought("rul_1")];
    let all = jobs(&rules);
    let waits = |minutes| JobRecord {
        next_attempt: Some(now() - SignedDuration::from_mins(minutes)),
        ..record_of(&all[0], "retrying")
    };
    for (minutes, lost) in [(1, false), (30, false), (31, true)] {
        let replay =
            remake(&event_that_sent(&all), &[waits(minutes)], &rules, &everything(RuleSource::AsSent), now());
        assert_eq!((replay.actions(), replay.under_way.len()), if lost { (1, 0) } else { (0, 1) });
    }
    // How long the job is held is not known.
    let held = [record_of(&all[0], "held")];
    let replay = remake(&event_that_sent(&all), &held, &rules, &everything(RuleSource::AsSent), now());
    assert_eq!(replay.under_way, [all[0].id]);
}

mod newer_facts {
    use std::collections::BTreeSet;

    use domain::page::Page;

    use super::*;

    /// The refund of the sample event's order, at this time.
    fn refund(occurred_at: &str, verdicts: &serde_json::Value) -> EventRecord {
        let item = json!({
            "line_id": "li_1", "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 2,
            "price": { "amount": 4900, "currency": "USD" }, "paid": { "amount": 9300, "currency": "USD" },
            "refunded_now": { "amount": 9300, "currency": "USD" },
            "refunded_total": { "amount": 9300, "currency": "USD" },
        });
        let detail = json!({
            "id": "ord_1.refunded", "marketplace_id": "demo", "occurred_at": occurred_at, "test_mode": true,
            "customer": { "id": "cus_1", "email": "ada@example.com" }, "charge_id": "ch_1", "charge_kind": "checkout",
            "order": { "id": "ord_1" }, "items": [item],
        });
        let at: Timestamp = occurred_at.parse().unwrap();
        let id = domain::plan::event_id(
            &sample::secret(),
            &domain::fact::Fact::parse("Charge Refunded", &detail.to_string()).unwrap(),
        );
        sample::event(json!({
            "id": id, "fact_id": "ord_1.refunded", "detail_type": "Charge Refunded", "detail": detail.to_string(),
            "occurred_at": at, "received_at": at, "verdicts": verdicts,
        }))
    }

    fn removes(integration: &str, enabled: bool) -> Rule {
        let refunded = rule("rul_off", "product_refunded", &["sourdough"]);
        Rule {
            action: "remove_from_list".to_owned(),
            integration: integration.parse().unwrap(),
            settings: adds("int_2").settings,
            enabled,
            ..refunded
        }
    }

    fn adds(integration: &str) -> Rule {
        Rule { integration: integration.parse().unwrap(), ..bought("rul_on") }
    }

    fn left(rules: &[Rule], newer: EventRecord) -> Replay {
        let replay = remake(&sample::event(json!({})), &[], rules, &everything(RuleSource::Current), now());
        assert_eq!(replay.actions(), 1, "{replay:?}");
        let accounts: BTreeSet<IntegrationId> = BTreeSet::from(["int_2".parse().unwrap()]);
        let buyer = replay.first().id.event.buyer;
        newer::without_superseded(replay, buyer, &Page { items: vec![newer], next: None }, &accounts)
    }

    #[test]
    fn a_purchase_is_not_replayed_into_an_account_that_is_connected_anew_where_it_was_refunded_since() {
        let newer = refund("2026-05-05T10:00:00Z", &json!({}));
        let id = newer.id;
        let replay = left(&[adds("int_2"), removes("int_2", true)], newer);
        assert!(replay.actions() == 0, "{replay:?}");
        assert_eq!(replay.superseded[0].by, Some(id));
        assert!(replay.superseded[0].reason.contains("Charge Refunded of 2026-05-05"), "{replay:?}");
    }

    #[test]
    fn nor_where_the_refunds_rule_still_names_the_deleted_account() {
        let fired = json!({ "product_refunded": [
            { "rule": "rul_off", "line": "li_1", "verdict": { "is": "fired", "jobs": [] } }] });
        let rules = [adds("int_2"), removes("int_gone", false)];
        assert!(left(&rules, refund("2026-05-05T10:00:00Z", &fired)).actions() == 0);
        // The event did not fire, so it decided nothing.
        assert_eq!(left(&rules, refund("2026-05-05T10:00:00Z", &json!({}))).actions(), 1);
    }

    #[test]
    fn an_older_refund_and_a_rule_that_is_off_oppose_nothing() {
        let rules = |enabled| [adds("int_2"), removes("int_2", enabled)];
        assert_eq!(left(&rules(true), refund("2026-05-03T10:00:00Z", &json!({}))).actions(), 1);
        assert_eq!(left(&rules(false), refund("2026-05-05T10:00:00Z", &json!({}))).actions(), 1);
    }

    #[test]
    fn of_a_buyer_with_more_newer_events_than_a_replay_reads_nothing_is_switched() {
        let rules = [adds("int_2")];
        let replay = remake(&sample::event(json!({})), &[], &rules, &everything(RuleSource::Current), now());
        let buyer = replay.first().id.event.buyer;
        let next =
            Some(domain::page::Position { at: now(), fact: replay.first().id.event.fact, part: None, buyer });
        let page = Page { items: Vec::new(), next };
        let replay = newer::without_superseded(replay, buyer, &page, &BTreeSet::new());
        assert_eq!((replay.actions(), replay.superseded[0].by), (0, None));
    }
}
