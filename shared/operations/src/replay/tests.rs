use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::sample::{self, rule};

fn request(by: By, forced: bool, selection: Selection) -> Request {
    Request { selection, by, forced, run: RunId::new(Timestamp::UNIX_EPOCH, "x") }
}

fn everything(by: By) -> Request {
    request(by, false, Selection::default())
}

/// What these rules make of the sample event.
fn jobs(rules: &[Rule]) -> Vec<Job> {
    remake(&sample::event(json!({})), &[], rules, &everything(By::Now)).jobs
}

/// The event, for which those jobs were sent.
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
    for by in [By::Now, By::Then] {
        let replay = remake(&event_that_sent(&all), &records, &rules, &everything(by));
        // The fifth was never tried, so for all we know it never reached its queue.
        let sent: Vec<_> = replay.jobs.iter().map(|job| job.id).collect();
        assert_eq!(sent, [all[0].id, all[1].id, all[4].id]);
        assert_eq!((replay.done, replay.under_way), (vec![all[2].id], vec![all[3].id]));
        assert!(replay.gone.is_empty());
        assert!(replay.jobs.iter().all(|job| job.again.as_ref().is_some_and(|again| !again.forced)));
    }
}

#[test]
fn forced_what_took_effect_is_sent_too_but_nothing_that_is_under_way() {
    let rules = ["rul_1", "rul_2"].map(bought);
    let all = jobs(&rules);
    let records = [sample::record(all[0].id, "performed"), sample::record(all[1].id, "held")];
    let forced = request(By::Then, true, Selection::default());
    let replay = remake(&event_that_sent(&all), &records, &rules, &forced);
    assert_eq!(replay.jobs.len(), 1);
    assert!(replay.jobs[0].again.as_ref().is_some_and(|again| again.forced));
    assert_eq!(replay.under_way, [all[1].id]);
}

#[test]
fn by_the_rules_of_now_a_new_rule_fires_and_a_rule_that_is_off_does_not() {
    let before = [bought("rul_1")];
    let event = event_that_sent(&jobs(&before));
    let now = [Rule { enabled: false, ..bought("rul_1") }, bought("rul_2")];
    let replay = remake(&event, &[], &now, &everything(By::Now));
    let rules: Vec<_> = replay.jobs.iter().map(|job| job.rule.as_str()).collect();
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
    // Another target is another job.
    let mut moved = bought("rul_moved");
    moved.settings.0.insert("list_id".to_owned(), json!("elsewhere"));
    // A new rule that asks for what the old one asked for does not take its place.
    let mut rival = bought("rul_0");
    rival.settings = changed.settings.clone();
    let replay = remake(&event, &[], &[rival, changed, moved], &everything(By::Then));
    assert_eq!(replay.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [all[0].id]);
    let mut gone = [all[1].id, all[2].id];
    gone.sort();
    assert_eq!(replay.gone, gone);
}

#[test]
fn only_what_was_asked_for_is_sent() {
    let rules = ["rul_1", "rul_2"].map(bought);
    let all = jobs(&rules);
    let records = [sample::record(all[0].id, "rejected"), sample::record(all[1].id, "exhausted")];
    let event = event_that_sent(&all);
    let sent = |selection: Selection| {
        let replay = remake(&event, &records, &rules, &request(By::Then, false, selection));
        replay.jobs.iter().map(|job| job.rule.to_string()).collect::<Vec<_>>()
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
    let wish = request(By::Then, false, Selection { job: Some(job.id), ..Selection::default() });
    assert_eq!(remake(&sample::event(json!({})), &records, &rules, &wish).jobs.len(), 1);
}
