use std::collections::BTreeSet;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_795_255_200, 123_456_789);
const MAILCHIMP: About = About::App(App::MAILCHIMP);
const PURCHASED: About = About::Trigger(Trigger::ProductPurchased);

/// Checks a line against the format's own rules, and returns it parsed.
#[track_caller]
fn checked(line: &str) -> Value {
    assert!(!line.contains('\n') && line.len() < 1024 * 1024);
    let root: Value = serde_json::from_str(line).unwrap();
    let meta = root["_aws"].as_object().unwrap();
    assert_eq!(
        meta.keys().collect::<BTreeSet<_>>(),
        BTreeSet::from([&"CloudWatchMetrics".to_owned(), &"Timestamp".to_owned()])
    );
    assert_eq!(meta["Timestamp"], json!(1_795_255_200_123_u64), "milliseconds since 1970");

    let [directive] = meta["CloudWatchMetrics"].as_array().unwrap().as_slice() else { panic!("{root}") };
    assert_eq!(directive.as_object().unwrap().len(), 3, "only members that the format defines: {directive}");
    let namespace = directive["Namespace"].as_str().unwrap();
    assert!((1..=255).contains(&namespace.len()) && !namespace.starts_with("AWS/"));

    for set in directive["Dimensions"].as_array().unwrap() {
        let names = set.as_array().unwrap();
        assert!((1..=30).contains(&names.len()));
        for name in names {
            let value =
                root[name.as_str().unwrap()].as_str().expect("a dimension's value is text at the root");
            assert!((1..=1024).contains(&value.len()) && value.is_ascii() && !value.starts_with(':'));
        }
    }
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!((1..=100).contains(&metrics.len()));
    for metric in metrics {
        assert!(metric.get("Unit").is_none_or(|unit| unit == "Milliseconds"), "{metric}");
        match &root[metric["Name"].as_str().unwrap()] {
            Value::Number(_) => {}
            Value::Array(values) => {
                assert!((1..=100).contains(&values.len()) && values.iter().all(Value::is_number));
            }
            other => panic!("{metric} is {other}"),
        }
    }
    root
}

fn job(trigger: Trigger) -> Job {
    let job = json!({
        "v": "1",
        "id": format!("job_{}", "0".repeat(58)),
        "marketplace": "shop-1",
        "integration": "int_1",
        "app": "mailchimp",
        "rule": "rul_1",
        "trigger": trigger,
        "action": "add_to_list",
        "settings": {},
        "contact": {"email": "ada@example.com"},
        "effect": {"key": "0".repeat(24), "intent": "on"},
        "occurred_at": "2026-11-21T09:59:00.123456789Z",
        "ordered_at": "2026-11-21T09:59:00.123456789Z",
    });
    serde_json::from_value(job).unwrap()
}

#[tokio::test]
async fn a_line_is_the_documented_format() {
    let invocation = async {
        count(PURCHASED, Metric::FactsRepeated, 1);
        count(PURCHASED, Metric::FactsRejected, 2);
    };
    let ((), numbers) = gather(invocation).await;
    let lines = numbers.lines("engine", NOW);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(
        checked(line),
        json!({
            "_aws": {
                "Timestamp": 1_795_255_200_123_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "IntegrationEngine",
                    "Dimensions": [["Stack"]],
                    "Metrics": [{"Name": "FactsRepeated"}, {"Name": "FactsRejected"}],
                }],
            },
            "Stack": "engine",
            "Trigger": "product_purchased",
            "FactsRepeated": 1,
            "FactsRejected": 2,
        })
    );
}

#[tokio::test]
async fn the_jobs_of_a_batch_are_one_line_with_sums_and_each_latency() {
    let job = job(Trigger::ProductPurchased);
    let second = jiff::SignedDuration::from_secs(1);
    let invocation = async {
        outcome(&job, Status::Performed, NOW);
        outcome(&job, Status::Performed, NOW + second);
        outcome(&job, Status::AlreadySo, NOW + second);
        outcome(&job, Status::Retrying, NOW);
        outcome(&job, Status::Held, NOW);
    };
    let ((), numbers) = gather(invocation).await;
    let lines = numbers.lines("engine", NOW);
    assert_eq!(lines.len(), 1);
    let line = checked(&lines[0]);
    assert_eq!((&line["Stack"], &line["App"]), (&json!("engine"), &json!("mailchimp")));
    assert_eq!((&line["Performed"], &line["AlreadySo"], &line["Held"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(line["Latency"], json!([60_000, 61_000, 61_000]));
    assert!(!lines[0].contains("shop-1") && !lines[0].contains("ada@"), "{}", lines[0]);
}

#[tokio::test]
async fn a_prospects_delay_is_no_latency() {
    let job = job(Trigger::ProspectCreated);
    let ((), numbers) = gather(async { outcome(&job, Status::Performed, NOW) }).await;
    assert_eq!(numbers.of(MAILCHIMP, Metric::Outcome(Status::Performed)), [1]);
    assert!(numbers.of(MAILCHIMP, Metric::Latency).is_empty());
}

#[tokio::test]
async fn a_fact_from_a_clock_that_is_ahead_has_no_negative_latency() {
    let job = job(Trigger::ProductPurchased);
    let ((), numbers) = gather(async { outcome(&job, Status::Performed, Timestamp::UNIX_EPOCH) }).await;
    assert_eq!(numbers.of(MAILCHIMP, Metric::Latency), [0]);
}

#[tokio::test]
async fn numbers_of_several_apps_are_one_line_with_their_sum() {
    let invocation = async {
        count(MAILCHIMP, Metric::Released, 2);
        count(About::App(App::WEBHOOK), Metric::Released, 3);
        count(MAILCHIMP, Metric::Released, 5);
    };
    let ((), numbers) = gather(invocation).await;
    let lines: Vec<_> = numbers.lines("engine", NOW).iter().map(|line| checked(line)).collect();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&line["App"], &line["Released"]), (&json!("mailchimp webhook"), &json!(10)));
}

#[tokio::test]
async fn more_than_a_hundred_values_are_split_into_lines_and_sums_are_written_once() {
    let job = job(Trigger::ProductPurchased);
    let invocation = async { (0..250).for_each(|_| outcome(&job, Status::Performed, NOW)) };
    let ((), numbers) = gather(invocation).await;
    let lines: Vec<_> = numbers.lines("engine", NOW).iter().map(|line| checked(line)).collect();
    let lengths: Vec<_> = lines.iter().map(|line| line["Latency"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [100, 100, 50]);
    let sums: Vec<_> = lines.iter().filter_map(|line| line["Performed"].as_u64()).collect();
    assert_eq!(sums, [250]);
}

#[tokio::test]
async fn without_numbers_nothing_is_printed() {
    let ((), numbers) = gather(async {}).await;
    assert_eq!(numbers.lines("engine", NOW), Vec::<String>::new());
    let ((), numbers) = gather(async { count(PURCHASED, Metric::FactsRepeated, 0) }).await;
    assert_eq!(numbers.lines("engine", NOW), Vec::<String>::new());
}

#[tokio::test]
async fn an_invocation_keeps_what_it_counted_before_it_failed_and_no_other_ones_numbers() {
    count(PURCHASED, Metric::FactsRepeated, 1);
    let failing = async {
        count(PURCHASED, Metric::FactsRepeated, 1);
        Err::<(), _>("no")
    };
    let ((failed, first), ((), second)) = tokio::join!(gather(failing), gather(async {}));
    assert_eq!((failed, first.of(PURCHASED, Metric::FactsRepeated)), (Err("no"), [1].as_slice()));
    assert_eq!(second, Numbers::default());
}

#[test]
fn the_dashboard_and_the_alarms_show_existing_metrics() {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let after = |lead: &str| -> BTreeSet<String> {
        let rests = template.split(lead).skip(1);
        rests.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
    };
    let leads = [format!("[{NAMESPACE}, "), "{Metric: ".to_owned()];
    let shown: BTreeSet<_> = leads.iter().flat_map(|lead| after(lead)).collect();
    let others = [
        Metric::FactsRepeated,
        Metric::FactsRejected,
        Metric::Latency,
        Metric::Poison,
        Metric::Panics,
        Metric::TableFailures,
        Metric::Released,
        Metric::ProspectsScheduled,
        Metric::ProspectsFired,
        Metric::ProspectsBought,
    ];
    let statuses = Status::ALL.iter().copied().map(Metric::Outcome);
    let named: BTreeSet<_> = statuses.chain(others).map(|metric| metric.name().to_owned()).collect();
    assert_eq!(shown, named);
}
