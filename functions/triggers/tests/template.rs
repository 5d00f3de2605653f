//! The list of triggers is the same in the registry, the template, the samples and the table of `functions/README.md`.
//! Other tests check the template's settings for fairness between marketplaces and for retention.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aws::store::Index;
use domain::app::App;
use serde_json::{Value, json};
use serde_norway::Value as Yaml;
use triggers::contract_violations::CONTRACT_VIOLATIONS;
use triggers::registry::DEFINITIONS;

fn project(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap()
}

/// The template as JSON, with the list `!Ref Source` as the parameter's default, `!Join` and `!FindInMap` resolved where
/// their arguments are constants, and every other intrinsic as its argument.
fn template() -> Value {
    fn plain(yaml: &Yaml, whole: &Yaml) -> Value {
        match yaml {
            Yaml::Tagged(tagged) if tagged.value == "Source" => json!(["commerce"]),
            Yaml::Tagged(tagged) if tagged.tag == "Join" => joined(&plain(&tagged.value, whole)),
            Yaml::Tagged(tagged) if tagged.tag == "FindInMap" => {
                let path = plain(&tagged.value, whole);
                let steps = path.as_array().unwrap().iter().map(Value::as_str).collect::<Option<Vec<_>>>();
                let found = steps.and_then(|steps| {
                    steps.into_iter().try_fold(&whole["Mappings"], |found, step| found.get(step))
                });
                found.map_or(path, |found| plain(found, whole))
            }
            Yaml::Tagged(tagged) => plain(&tagged.value, whole),
            Yaml::Mapping(map) => {
                let field =
                    |(key, value): (&Yaml, &Yaml)| (key.as_str().unwrap().to_owned(), plain(value, whole));
                Value::Object(map.iter().map(field).collect())
            }
            Yaml::Sequence(list) => list.iter().map(|value| plain(value, whole)).collect(),
            scalar => serde_json::to_value(scalar).unwrap(),
        }
    }
    let whole = serde_norway::from_str(&read("infra/template.yaml")).unwrap();
    plain(&whole, &whole)
}

/// The result of `!Join`, or its arguments if they are not constants.
fn joined(arguments: &Value) -> Value {
    let texts = arguments[1].as_array().into_iter().flatten().map(Value::as_str).collect::<Option<Vec<_>>>();
    match (arguments[0].as_str(), texts) {
        (Some(separator), Some(texts)) => json!(texts.join(separator)),
        _ => arguments.clone(),
    }
}

/// The triggers of the template: each handler with the event pattern that `Fn::ForEach` creates from its row.
fn functions(template: &Value) -> BTreeMap<String, Value> {
    let [_, names, each] = template["Resources"]["Fn::ForEach::Triggers"].as_array().unwrap().as_slice()
    else {
        panic!("Fn::ForEach has three parts")
    };
    let rows = template["Mappings"]["Triggers"].as_object().unwrap();
    let listed: BTreeSet<_> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(listed, rows.keys().map(String::as_str).collect(), "the list has a name for each row");
    let made = &each["${Trigger}Fact"]["Properties"]["EventPattern"];
    let (text, publishers) = (made[0].as_str().unwrap(), &made[1]["Publisher"][1]);
    let functions = rows.values().map(|row| {
        let publisher: usize =
            row.get("Publisher").map_or(0, |index| index.as_str().unwrap().parse().unwrap());
        let text = text.replace("${Publisher}", publishers[publisher].as_str().unwrap());
        let text = text.replace("${Filter}", row["Filter"].as_str().unwrap());
        (row["Handler"].as_str().unwrap().to_owned(), pattern(&json!(text)))
    });
    functions.collect()
}

fn keys() -> BTreeSet<String> {
    DEFINITIONS.iter().map(|definition| definition.trigger.key().to_owned()).collect()
}

#[test]
fn the_template_has_a_function_for_every_trigger_with_the_pattern_of_its_definition() {
    let template = template();
    let functions = functions(&template);
    assert_eq!(functions.keys().cloned().collect::<BTreeSet<_>>(), keys());
    for definition in DEFINITIONS {
        let pattern = &functions[definition.trigger.key()];
        assert_eq!(pattern, &definition.pattern("commerce"), "{}", definition.trigger);
    }
}

#[test]
fn an_event_has_room_for_the_verdicts_of_every_trigger_that_its_fact_fires() {
    for definition in DEFINITIONS {
        let of_the_fact =
            DEFINITIONS.iter().filter(|other| other.fact.published() == definition.fact.published());
        assert!(of_the_fact.count() <= aws::store::MOST_TRIGGERS, "{}", definition.fact);
    }
}

#[test]
fn the_template_has_a_rule_for_every_contract_violation_with_its_reason() {
    let template = template();
    for violation in CONTRACT_VIOLATIONS {
        let rule = &template["Resources"][violation.name]["Properties"];
        assert_eq!(pattern(&rule["EventPattern"]), violation.pattern("commerce"), "{}", violation.name);
        let kept = &rule["Targets"][0]["InputTransformer"]["InputTemplate"];
        let kept = kept.as_str().or_else(|| kept[0].as_str()).unwrap();
        assert!(kept.contains(violation.reason), "{}: {kept}", violation.name);
    }
}

/// A pattern, written as an object, as text, or as text with the values of its variables.
fn pattern(written: &Value) -> Value {
    let Some(text) = written.as_str().or_else(|| written[0].as_str()) else { return written.clone() };
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    assert!(text.len() <= 2048, "a pattern has at most 2048 characters: {text}");
    serde_json::from_str(&text.replace("${Sources}", "commerce")).unwrap()
}

#[test]
fn the_template_has_no_null_because_cloudformation_refuses_one() {
    fn nulls(value: &Value, path: &str) -> Vec<String> {
        match value {
            Value::Null => vec![path.to_owned()],
            Value::Object(map) => {
                map.iter().flat_map(|(key, value)| nulls(value, &format!("{path}/{key}"))).collect()
            }
            Value::Array(list) => list.iter().flat_map(|value| nulls(value, path)).collect(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }
    assert_eq!(nulls(&template(), ""), Vec::<String>::new());
}

#[test]
fn every_trigger_has_a_sample_that_fires_it() {
    let expected: Value = serde_json::from_str(&read("events/samples/expected.json")).unwrap();
    let fired = expected["fires"].as_object().unwrap().values().filter_map(Value::as_object);
    let fired: BTreeSet<_> = fired.flat_map(|counts| counts.keys().cloned()).collect();
    assert_eq!(fired, keys());
}

#[test]
fn the_table_of_the_readme_has_a_row_for_every_trigger() {
    let readme = read("functions/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let rows: BTreeMap<_, _> = rows.filter(|(key, _)| keys().contains(*key)).collect();
    for definition in DEFINITIONS {
        let row =
            rows.get(definition.trigger.key()).unwrap_or_else(|| panic!("{} has no row", definition.trigger));
        assert!(row.contains(definition.trigger.label()), "{row}");
        assert!(row.contains(definition.fact.published().detail_type()), "{row}");
        assert!(row.contains(&format!("| {} |", definition.description)), "{row}");
    }
    assert_eq!(rows.len(), DEFINITIONS.len());
}

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_queue_keeps_jobs_over_a_long_absence_and_its_dead_letters_keep_them_for_days_more() {
    let template = template();
    let kept = |queue: &str| {
        let queue = &template["Resources"]["Fn::ForEach::Connectors"][2][queue]["Properties"];
        queue["MessageRetentionPeriod"].as_u64().unwrap()
    };
    // A message keeps its age when it moves to the dead-letter queue.
    let (jobs, dead) = (kept("${App}Queue"), kept("${App}DeadLetters"));
    assert!(jobs >= 7 * DAY && dead >= jobs + 4 * DAY, "{jobs} s, then {dead} s");
}

#[test]
fn the_log_outlives_every_queue_and_retry_together() {
    let template = template();
    let parameters = &template["Parameters"];
    let waits = parameters["RetrySchedule"]["Default"].as_str().unwrap().split(',');
    let tried: u64 = waits.map(|wait| wait.parse::<u64>().unwrap()).sum();
    let days = parameters["LogTtlDays"]["MinValue"].as_u64().unwrap();
    // Waits are spread by up to a fifth, and an app may request a wait of one more day. A fact may be redriven on the
    // last day of its retention, its job's message on the last day of its own, and then the job is retried until the
    // schedule ends. The records of related jobs and of erasures must still be stored by then.
    let facts = retentions(&template["Resources"]["FactsQueue"]).into_iter().max().unwrap();
    let jobs = retentions(&template["Resources"]["Fn::ForEach::Connectors"]).into_iter().max().unwrap();
    let together = facts + jobs + tried * 6 / 5 + DAY;
    assert!(days * DAY > together, "{days} days, {together} s in queues and retries");
}

#[test]
fn the_table_has_the_indexes_that_are_queried() {
    let table = &template()["Resources"]["Table"]["Properties"];
    let named: Vec<_> = table["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| {
            let keys = index["KeySchema"].as_array().unwrap().iter();
            (index["IndexName"].clone(), keys.map(|key| key["AttributeName"].clone()).collect::<Vec<_>>())
        })
        .collect();
    let queried = Index::ALL.map(|index| (json!(index.name()), index.keys().map(|key| json!(key)).to_vec()));
    assert_eq!(named, queried);
}

#[test]
fn the_due_index_projects_the_attributes_that_are_read_and_no_messages() {
    let indexes = &template()["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"];
    let due =
        indexes.as_array().unwrap().iter().find(|index| index["IndexName"] == Index::Due.name()).unwrap();
    let projected = &due["Projection"]["NonKeyAttributes"];
    assert_eq!(projected, &json!(["marketplace", "integration", "app", "until"]));
}

/// The retention periods of all queues in `value`, in seconds.
fn retentions(value: &Value) -> Vec<u64> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("MessageRetentionPeriod").and_then(Value::as_u64);
            own.into_iter().chain(fields.values().flat_map(retentions)).collect()
        }
        Value::Array(all) => all.iter().flat_map(retentions).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_sweep_is_over_when_the_next_one_begins() {
    let template = template();
    assert_eq!(template["Parameters"]["SweepSchedule"]["Default"], "rate(1 minute)");
    assert!(template["Resources"]["Sweeper"]["Properties"]["Timeout"].as_u64().unwrap() <= 60);
}

/// The SQS event sources of all functions.
fn queues_polled(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(_) if value["Type"] == "AWS::Lambda::EventSourceMapping" => vec![&value["Properties"]],
        Value::Object(map) => map.values().flat_map(queues_polled).collect(),
        Value::Array(list) => list.iter().flat_map(queues_polled).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn connector_concurrency_is_high_enough_for_sqs_to_detect_a_noisy_marketplace() {
    // With fewer jobs in flight, SQS never treats a message group as noisy.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
    const NOISY: u64 = 30;
    let template = template();
    let apps: Vec<_> = App::all().map(App::key).collect();
    assert_eq!(template["Parameters"]["Apps"]["Default"], json!(apps.join(",")));
    assert_eq!(template["Resources"]["Fn::ForEach::Connectors"][1], "Apps");
    let connector = queues_polled(&template["Resources"]["Fn::ForEach::Connectors"]);
    assert_eq!(connector.len(), 1, "one queue for each app");
    for source in queues_polled(&template) {
        let copies = &source["ScalingConfig"]["MaximumConcurrency"];
        // If the concurrency is a parameter: the minimum that an operator may choose.
        let copies = match copies.as_str() {
            Some(parameter) => &template["Parameters"][parameter]["MinValue"],
            None => copies,
        };
        let jobs = copies.as_u64().unwrap() * source["BatchSize"].as_u64().unwrap();
        assert!(jobs >= NOISY, "{source}: {jobs} jobs in flight");
    }
}
