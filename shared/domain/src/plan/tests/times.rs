//! The times that order effects.

use jiff::SignedDuration;

use super::*;

#[test]
fn effects_are_ordered_by_the_earlier_of_occurred_and_received() {
    let sample = sample("order-completed.one-item");
    let occurred_at = sample.fact.common.occurred_at;
    let minutes = SignedDuration::from_mins;
    for (received_at, ordered_at) in
        [(occurred_at + minutes(5), occurred_at), (occurred_at - minutes(10), occurred_at - minutes(10))]
    {
        let [job] = &sample.received(received_at, &[rule("1", "add_to_list", &list())]).jobs[..] else {
            panic!()
        };
        assert_eq!((job.occurred_at, job.ordered_at), (occurred_at, ordered_at));
    }
}

#[test]
fn a_line_is_ordered_by_when_it_was_charged() {
    let charged = |line: usize, at: &str| two_gifts().with(&format!("/items/{line}/charged_at"), json!(at));
    let early = "2026-01-01T00:00:00Z";
    let sample = charged(0, early);
    let occurred_at = sample.fact.common.occurred_at;
    let times: Vec<_> = sample
        .purchased(&[rule("1", "send_notify_url_post", &json!({}))])
        .jobs
        .into_iter()
        .map(|job| job.ordered_at)
        .collect();
    assert_eq!((times[0], times[1]), (early.parse().unwrap(), occurred_at));
    let received = occurred_at - SignedDuration::from_hours(1);
    let told = sample.received(received, &[rule("1", "send_notify_url_post", &json!({}))]);
    assert_eq!(told.jobs[0].ordered_at, early.parse().unwrap(), "charged before it was received");
    let [job] = &sample.purchased(&[rule("1", "add_to_list", &list())]).jobs[..] else { panic!() };
    assert_eq!(job.ordered_at, occurred_at, "one job acts for all lines: the latest time counts");
    let late = charged(0, &occurred_at.to_string());
    let [job] = &late.received(received, &[rule("1", "add_to_list", &list())]).jobs[..] else { panic!() };
    assert_eq!(job.ordered_at, received, "never later than received");
}

#[test]
fn a_refund_between_two_lines_does_not_take_what_the_later_one_gives() {
    let (first, refunded, later) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
    let sample =
        two_gifts().with("/items/0/charged_at", json!(first)).with("/items/1/charged_at", json!(later));
    let plan = sample.purchased(&[rule("1", "add_to_list", &list())]);
    let [job] = &plan.jobs[..] else { panic!("{:?}", plan.jobs) };
    assert!(job.ordered_at > refunded.parse().unwrap(), "the job acts for both lines");
}

#[test]
fn an_order_is_ordered_by_the_latest_of_the_lines_that_the_rule_is_about() {
    let times =
        ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"];
    let again = json!({ "recipient": { "email": "second@example.com" } });
    let lines = times.iter().enumerate();
    let sample = lines.fold(two_gifts().with("/items/2/gift", again), |sample, (line, at)| {
        sample.with(&format!("/items/{line}/charged_at"), json!(at))
    });
    let product = |line: usize| sample.detail["items"][line]["product_id"].as_str().unwrap().to_owned();
    let at = |rule: Rule| {
        let jobs = sample.completed(&[rule]).jobs;
        jobs.into_iter().map(|job| job.ordered_at.to_string()).collect::<Vec<_>>()
    };
    let base = || order_rule("1", "add_to_list", &list());
    assert_eq!(at(base()), [times[3]]);
    assert_eq!(at(base().of_products(&[&product(1)])), [times[1]]);
    assert_eq!(at(Rule { use_gift_recipient: true, ..base() }), [times[0], times[2], times[3]]);
}

#[test]
fn a_refund_inside_the_upsell_window_is_newer_than_the_purchase() {
    let refund = sample("charge-refunded.full");
    let refunded = refund.fact.common.occurred_at;
    let before = (refunded - SignedDuration::from_mins(20)).to_string();
    let refund = refund.with("/items/0/charged_at", json!(before));
    let after = (refunded + SignedDuration::from_mins(20)).to_string();
    let order = sample("order-completed.one-item").with("/occurred_at", json!(after));
    let order = order.with("/items/0/charged_at", json!(before));
    let at = |sample: &Sample, trigger| {
        sample.lines(trigger, &[rule("1", "add_to_list", &list())]).jobs[0].ordered_at
    };
    assert_eq!(
        at(&refund, Trigger::ProductRefunded),
        refunded,
        "a refund did not happen when its line was charged"
    );
    assert!(at(&order, Trigger::ProductPurchased) < refunded);
}
