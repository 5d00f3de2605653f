//! The AWS in memory, called with the SDK.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{
    Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use aws_sdk_sqs::types::MessageSystemAttributeName;
use futures::future::{FutureExt, LocalBoxFuture};
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::functions::{Context, Function, Lambda, Sandbox};
use super::*;

const TEMPLATE: &str = include_str!("../../../../infra/template.yaml");
const TABLE: &str = "engine-Table";

fn deployment() -> Deployment {
    Deployment::read(TEMPLATE, &[]).unwrap()
}

/// Runs a test in virtual time on the deployed engine's resources.
fn run<T>(seed: u64, faults: Faults, test: impl AsyncFnOnce(Aws) -> T) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let aws = Aws::new(seed, Clock::starting_at("2026-05-04T10:00:00Z".parse().unwrap()));
        aws.deploy(&deployment());
        aws.set_faults(faults);
        let result = test(aws.clone()).await;
        assert_eq!(aws.refused(), Vec::<String>::new());
        result
    })
}

fn url(queue: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/000000000000/{queue}")
}

fn text(item: Option<&aws_sdk_dynamodb::types::AttributeValue>) -> &str {
    item.and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

#[test]
fn a_condition_decides_a_write_and_shows_the_item_that_it_met() {
    run(1, Faults::NONE, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        let put = |token: &str| {
            let put = table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S("1".into()));
            put.item("token", S(token.into()))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        };
        put("first").send().await.unwrap();
        let refused = put("second").send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) =
            refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(text(refused.item().unwrap().get("token")), "first");
        let update = table.update_item().table_name(TABLE).key("pk", S("a".into())).key("sk", S("1".into()));
        let updated = update
            .update_expression("SET n = if_not_exists(n, :zero) + :one REMOVE #token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":zero", N("0".into()))
            .expression_attribute_values(":one", N("1".into()))
            .return_values(ReturnValue::AllNew);
        let after = updated.send().await.unwrap().attributes.unwrap();
        assert!(after["n"] == N("1".into()) && !after.contains_key("token"), "{after:?}");
    });
}

/// A transaction that adds 1 to an item, under a condition.
fn add_one(condition: &str) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(TABLE)
        .key("pk", S("a".into()))
        .key("sk", S("1".into()))
        .update_expression("ADD n :one")
        .condition_expression(condition)
        .expression_attribute_values(":one", N("1".into()));
    TransactWriteItem::builder().update(update.build().unwrap()).build()
}

#[test]
fn a_transaction_whose_response_is_lost_is_made_once() {
    run(2, Faults::NONE, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        let mut lost = 0;
        aws.strike(move |call| {
            lost += 1;
            (call.operation == "TransactWriteItems" && lost == 1).then_some(Strike::LoseResponse)
        });
        let write = add_one("attribute_not_exists(pk)");
        table.transact_write_items().transact_items(write).send().await.unwrap();
        assert_eq!(aws.items(TABLE)[0]["n"].number().and_then(dynamodb::Number::whole), Some(1));
        let put = Put::builder()
            .table_name(TABLE)
            .item("pk", S("b".into()))
            .item("sk", S("1".into()))
            .build()
            .unwrap();
        let both = table
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(add_one("attribute_not_exists(pk)"));
        let error = both.send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(error) = error
        else {
            panic!("{error:?}")
        };
        let codes: Vec<_> =
            error.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
        assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
        assert_eq!(aws.items(TABLE).len(), 1);
    });
}

#[test]
fn concurrent_transactions_on_one_item_conflict() {
    let faults = Faults { transaction_time: Duration::from_secs(1), ..Faults::NONE };
    run(3, faults, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        let transact =
            || table.transact_write_items().transact_items(add_one("attribute_not_exists(zz)")).send();
        let plain =
            table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S("1".into())).send();
        let (one, two, three) = futures::join!(transact(), transact(), plain);
        one.unwrap();
        assert!(format!("{:?}", two.unwrap_err()).contains("TransactionConflict"));
        assert!(format!("{:?}", three.unwrap_err()).contains("TransactionConflictException"));
    });
}

#[test]
fn an_index_and_a_replica_follow_late_and_a_consistent_read_does_not() {
    let slow = Duration::from_secs(10);
    let faults = Faults { index_lag: slow, stale_reads: 1.0, staleness: slow, ..Faults::NONE };
    run(4, faults, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        sleep(Duration::from_mins(1)).await;
        let put = table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S("1".into()));
        put.item("due_pk", S("DUE".into()))
            .item("due_sk", S("2026".into()))
            .item("body", S("text".into()))
            .send()
            .await
            .unwrap();
        let get = |consistent| {
            let get = table.get_item().table_name(TABLE).key("pk", S("a".into())).key("sk", S("1".into()));
            get.consistent_read(consistent).send().map(|got| got.unwrap().item)
        };
        let due = async || {
            let query =
                table.query().table_name(TABLE).index_name("due").key_condition_expression("due_pk = :pk");
            query.expression_attribute_values(":pk", S("DUE".into())).send().await.unwrap().items.unwrap()
        };
        assert_eq!((get(true).await.is_some(), get(false).await, due().await.len()), (true, None, 0));
        sleep(slow * 2).await;
        assert!(get(false).await.is_some());
        let found = due().await;
        // The index has the attributes that the template projects.
        assert_eq!(
            found[0].keys().collect::<std::collections::BTreeSet<_>>(),
            ["due_pk", "due_sk", "pk", "sk"].map(str::to_owned).iter().collect()
        );
    });
}

#[test]
fn an_expired_item_is_deleted_late() {
    let faults = Faults { ttl_delay: Duration::from_hours(48), ..Faults::NONE };
    run(5, faults, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        let ttl = aws.now().as_second() + 60;
        let put = table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S("1".into()));
        put.item("ttl", N(ttl.to_string())).send().await.unwrap();
        let exists = async || {
            let get = table.get_item().table_name(TABLE).key("pk", S("a".into())).key("sk", S("1".into()));
            get.send().await.unwrap().item.is_some()
        };
        sleep(Duration::from_secs(61)).await;
        assert!(exists().await, "not at once");
        sleep(Duration::from_hours(48)).await;
        assert!(!exists().await, "but in two days");
    });
}

#[test]
fn a_page_ends_at_its_limit_and_the_next_begins_there() {
    run(6, Faults::NONE, async |aws| {
        let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
        for n in 0..5 {
            let put =
                table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S(format!("k{n}")));
            let put = put.item("listing_pk", S("L".into())).item("listing_sk", S("same".into()));
            put.item("body", S("x".repeat(300_000))).send().await.unwrap();
        }
        let sorted = async |index: Option<&str>, forward: bool, limit: Option<i32>| {
            let key = if index.is_some() { "listing_pk" } else { "pk" };
            let query = table.query().table_name(TABLE).set_index_name(index.map(str::to_owned));
            let query = query
                .key_condition_expression(format!("{key} = :pk"))
                .scan_index_forward(forward)
                .set_limit(limit);
            let query =
                query.expression_attribute_values(":pk", S(if index.is_some() { "L" } else { "a" }.into()));
            let mut pages = query.into_paginator().send();
            let mut found = Vec::new();
            while let Some(page) = pages.next().await {
                found.push(
                    page.unwrap()
                        .items()
                        .iter()
                        .map(|item| text(item.get("sk")).to_owned())
                        .collect::<String>(),
                );
            }
            found
        };
        // A megabyte has room for three.
        assert_eq!(sorted(None, true, None).await, ["k0k1k2", "k3k4"]);
        assert_eq!(sorted(Some("listing"), false, None).await, ["k4k3k2", "k1k0"]);
        assert_eq!(sorted(Some("listing"), true, Some(2)).await, ["k0k1", "k2k3", "k4"]);
        // The page that the last item filled has a next one, which is empty.
        assert_eq!(sorted(None, false, Some(1)).await, ["k4", "k3", "k2", "k1", "k0", ""]);
        let large = table.put_item().table_name(TABLE).item("pk", S("a".into())).item("sk", S("1".into()));
        let error = large.item("body", S("x".repeat(410_000))).send().await.unwrap_err();
        assert!(format!("{error:?}").contains("Item size has exceeded"));
    });
}

#[test]
fn a_message_returns_until_it_is_deleted_and_dies_after_too_many_receives() {
    run(7, Faults::NONE, async |aws| {
        let sqs = aws_sdk_sqs::Client::new(&aws.sdk());
        let jobs = url("engine-jobs-kit");
        let send = sqs.send_message().queue_url(&jobs).message_body("job").message_group_id("demo");
        send.send().await.unwrap();
        for count in 1..=12 {
            let receive = sqs
                .receive_message()
                .queue_url(&jobs)
                .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
            let received = receive.send().await.unwrap().messages.unwrap();
            let shown = &received[0].attributes.as_ref().unwrap()
                [&MessageSystemAttributeName::ApproximateReceiveCount];
            assert_eq!(shown, &count.to_string());
            assert_eq!(sqs.receive_message().queue_url(&jobs).send().await.unwrap().messages, None, "hidden");
            let change = sqs.change_message_visibility().queue_url(&jobs).visibility_timeout(5);
            change.receipt_handle(received[0].receipt_handle().unwrap()).send().await.unwrap();
            sleep(Duration::from_secs(6)).await;
        }
        assert_eq!(sqs.receive_message().queue_url(&jobs).send().await.unwrap().messages, None);
        let dead = url("engine-dead-kit");
        let letter = sqs.receive_message().queue_url(&dead).send().await.unwrap().messages.unwrap().remove(0);
        assert_eq!(letter.body(), Some("job"));
        sqs.delete_message()
            .queue_url(&dead)
            .receipt_handle(letter.receipt_handle.unwrap())
            .send()
            .await
            .unwrap();
        assert!(aws.queue("engine-dead-kit").is_empty() && aws.queue("engine-jobs-kit").is_empty());
    });
}

#[test]
fn a_busy_group_does_not_delay_a_quiet_one() {
    run(8, Faults::NONE, async |aws| {
        let sqs = aws_sdk_sqs::Client::new(&aws.sdk());
        let jobs = url("engine-jobs-kit");
        for n in 0..60 {
            let group = if n == 59 { "quiet" } else { "busy" };
            sqs.send_message()
                .queue_url(&jobs)
                .message_body(group)
                .message_group_id(group)
                .send()
                .await
                .unwrap();
        }
        let receive = async || {
            let received =
                sqs.receive_message().queue_url(&jobs).max_number_of_messages(10).send().await.unwrap();
            received.messages.unwrap().iter().any(|one| one.body() == Some("quiet"))
        };
        assert_eq!(
            [receive().await, receive().await, receive().await, receive().await],
            [false, false, false, true]
        );
    });
}

#[test]
fn credentials_are_decrypted_under_their_own_context_only() {
    run(9, Faults::NONE, async |aws| {
        let kms = aws_sdk_kms::Client::new(&aws.sdk());
        let key = deployment().functions["kit"].environment["KMS_KEY_ID"].clone();
        let blob = |text: &[u8]| aws_sdk_kms::primitives::Blob::new(text);
        let sealed = kms.encrypt().key_id(&key).encryption_context("app", "kit").plaintext(blob(b"secret"));
        let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
        assert!(!sealed.as_ref().windows(6).any(|part| part == b"secret"));
        let open = |app: &str| {
            kms.decrypt().key_id(&key).encryption_context("app", app).ciphertext_blob(sealed.clone()).send()
        };
        assert_eq!(open("kit").await.unwrap().plaintext.unwrap().as_ref(), b"secret");
        let refused = open("circle").await.unwrap_err().into_service_error();
        assert!(refused.is_invalid_ciphertext_exception(), "{refused:?}");
    });
}

/// A function that records its events. It fails at those that contain "fail", waits long at "slow", and panics at
/// "panic".
#[derive(Clone, Default)]
struct Recorder {
    started: Rc<RefCell<usize>>,
    events: Rc<RefCell<Vec<(String, Context)>>>,
}

impl Function for Recorder {
    fn start(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Sandbox>, String>> {
        *self.started.borrow_mut() += 1;
        let sandbox: Rc<dyn Sandbox> = Rc::new(self.clone());
        async move { Ok(sandbox) }.boxed_local()
    }
}

impl Sandbox for Recorder {
    fn handle(&self, event: String, context: Context) -> LocalBoxFuture<'_, Result<String, String>> {
        async move {
            self.events.borrow_mut().push((event.clone(), context));
            if event.contains("slow") {
                sleep(Duration::from_hours(1)).await;
            }
            assert!(!event.contains("panic"), "as the event says");
            if event.contains("fail") {
                Err("as the event says".to_owned())
            } else {
                Ok(format!("{{\"got\":{}}}", event.len()))
            }
        }
        .boxed_local()
    }
}

async fn publish(aws: &Aws, kind: &str, detail: &str) {
    let bus = aws_sdk_eventbridge::Client::new(&aws.sdk());
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder().event_bus_name("commerce");
    let entry = entry.source("commerce").detail_type(kind).detail(detail).build();
    let put = bus.put_events().entries(entry).send().await.unwrap();
    assert_eq!(put.failed_entry_count(), 0);
}

#[test]
fn a_fact_invokes_the_functions_of_its_triggers_and_a_failure_ends_in_the_facts_queue() {
    run(10, Faults::NONE, async |aws| {
        let lambda = Lambda::start(&aws);
        let (purchased, upsold) = (Recorder::default(), Recorder::default());
        lambda.deploy("engine-ProductPurchased", Rc::new(purchased.clone()));
        lambda.deploy("engine-UpsellPurchased", Rc::new(upsold.clone()));
        lambda.deploy("engine-OrderCompleted", Rc::new(Recorder::default()));
        publish(&aws, "Order Completed", r#"{"id": "1", "items": [{"role": "primary"}]}"#).await;
        publish(&aws, "Order Completed", r#"{"id": "fail", "items": [{"role": "upsell"}]}"#).await;
        sleep(Duration::from_mins(10)).await;
        let events = |of: &Recorder| {
            of.events
                .borrow()
                .iter()
                .map(|(event, _)| serde_json::from_str::<serde_json::Value>(event).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(events(&upsold).len(), 3, "two retries");
        assert_eq!(events(&purchased).len(), 4);
        assert_eq!(events(&upsold)[0]["detail"]["items"][0]["role"], "upsell");
        let requests: std::collections::BTreeSet<_> =
            upsold.events.borrow().iter().map(|(_, context)| context.request_id.clone()).collect();
        assert_eq!(requests.len(), 1);
        let kept = aws.queue("engine-facts").visible;
        let kept: Vec<serde_json::Value> =
            kept.iter().map(|one| serde_json::from_str(one).unwrap()).collect();
        assert_eq!(kept.len(), 3);
        assert_eq!(kept[0]["requestContext"]["condition"], "RetriesExhausted");
        assert_eq!(kept[0]["requestPayload"]["detail"]["id"], "fail");
        // A contract violation is kept with the reason.
        publish(&aws, "Order Complete", "{}").await;
        sleep(Duration::from_secs(1)).await;
        let kept: serde_json::Value =
            serde_json::from_str(aws.queue("engine-facts").visible.last().unwrap()).unwrap();
        assert!(
            kept["reason"].as_str().unwrap().contains("not a fact")
                && kept["event"]["detail-type"] == "Order Complete"
        );
        assert!(lambda.is_idle());
    });
}

#[test]
fn a_sandbox_keeps_its_memory_until_it_is_killed() {
    run(11, Faults::NONE, async |aws| {
        let lambda = Lambda::start(&aws);
        let api = Recorder::default();
        lambda.deploy("engine-Sweeper", Rc::new(api.clone()));
        let client = ::aws::functions::Functions::new(&aws.sdk());
        let invoke = async |payload: &str| {
            client
                .invoke("engine-Sweeper", payload.as_bytes().to_vec())
                .await
                .map_err(|error| error.to_string())
        };
        assert_eq!(invoke("\"a\"").await, Ok(b"{\"got\":3}".to_vec()));
        assert!(invoke("\"fail\"").await.unwrap_err().ends_with("as the event says"));
        assert!(invoke("\"panic\"").await.unwrap_err().contains("as the event says"));
        assert_eq!(*api.started.borrow(), 1);
        lambda.deploy("engine-Sweeper", Rc::new(api.clone()));
        assert!(invoke("\"b\"").await.is_ok());
        assert_eq!(*api.started.borrow(), 2, "another code, another sandbox");
        let (_, context) = api.events.borrow().last().unwrap().clone();
        assert_eq!(context.deadline.duration_since(aws.now()).as_secs(), 60);
        assert!(
            client
                .invoke("engine-Nothing", Vec::new())
                .await
                .unwrap_err()
                .to_string()
                .contains("does not exist")
        );
    });
}

/// Fails the messages whose body says so.
struct Partial(Rc<RefCell<Vec<String>>>);

impl Function for Partial {
    fn start(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Sandbox>, String>> {
        let sandbox: Rc<dyn Sandbox> = Rc::new(Self(Rc::clone(&self.0)));
        async move { Ok(sandbox) }.boxed_local()
    }
}

impl Sandbox for Partial {
    fn handle(&self, event: String, _context: Context) -> LocalBoxFuture<'_, Result<String, String>> {
        async move {
            let event: serde_json::Value = serde_json::from_str(&event).unwrap();
            let records = event["Records"].as_array().unwrap();
            let failed = records
                .iter()
                .filter(|one| one["body"] == "fail" && one["attributes"]["ApproximateReceiveCount"] == "1");
            let failed: Vec<_> =
                failed.map(|one| serde_json::json!({ "itemIdentifier": one["messageId"] })).collect();
            self.0.borrow_mut().extend(records.iter().map(|one| one["body"].as_str().unwrap().to_owned()));
            Ok(serde_json::json!({ "batchItemFailures": failed }).to_string())
        }
        .boxed_local()
    }
}

#[test]
fn a_message_that_failed_returns_and_its_neighbours_do_not() {
    run(12, Faults::NONE, async |aws| {
        let lambda = Lambda::start(&aws);
        let seen = Rc::default();
        lambda.deploy("engine-app-kit", Rc::new(Partial(Rc::clone(&seen))));
        let sqs = aws_sdk_sqs::Client::new(&aws.sdk());
        for body in ["a", "fail", "b"] {
            sqs.send_message().queue_url(url("engine-jobs-kit")).message_body(body).send().await.unwrap();
        }
        sleep(Duration::from_secs(179)).await;
        assert_eq!(aws.queue("engine-jobs-kit").in_flight, ["fail"]);
        assert!(!lambda.is_idle());
        sleep(Duration::from_secs(2)).await;
        assert_eq!(*seen.borrow(), ["a", "fail", "b", "fail"]);
        assert!(lambda.is_idle());
    });
}

#[test]
fn a_schedule_invokes_its_function_once_and_deletes_itself() {
    run(13, Faults::NONE, async |aws| {
        let lambda = Lambda::start(&aws);
        let prospects = Recorder::default();
        lambda.deploy("engine-Prospects", Rc::new(prospects.clone()));
        let settings = &deployment().functions["Prospects"];
        let place = ::aws::schedules::SchedulePlace {
            group: settings.environment["SCHEDULE_GROUP"].clone(),
            role: settings.environment["SCHEDULE_ROLE_ARN"].clone(),
            dead_letters: settings.environment["SCHEDULE_DLQ_ARN"].clone(),
        };
        let schedules = ::aws::schedules::Schedules::new(&aws.sdk(), place);
        let at = aws.now() + Duration::from_hours(2);
        use ::aws::schedules::Set;
        assert_eq!(schedules.once("one", at, &settings.arn(), "\"x\"".into()).await.unwrap(), Set::New);
        let again = schedules.once("one", at, &settings.arn(), "\"y\"".into()).await.unwrap();
        assert!(matches!(again, Set::Already(found) if found.ends_at == at && found.input == "\"x\""));
        schedules.once("two", at, &settings.arn(), "\"z\"".into()).await.unwrap();
        assert!(schedules.cancel("two").await.unwrap() && !schedules.cancel("two").await.unwrap());
        sleep(Duration::from_hours(3)).await;
        assert_eq!(
            prospects.events.borrow().iter().map(|(event, _)| event.as_str()).collect::<Vec<_>>(),
            ["\"x\""]
        );
        assert!(schedules.find("one").await.unwrap().is_none());
    });
}

#[test]
fn a_client_survives_the_faults_that_aws_documents_and_the_same_seed_repeats_them() {
    let history = |seed| {
        run(seed, Faults::HARSH, async |aws| {
            let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
            let seen = Arc::new(Mutex::new(Vec::new()));
            let watched = Arc::clone(&seen);
            aws.watch(move |happening| {
                watched.lock().unwrap().push(format!("{} {}", happening.at, happening.text))
            });
            for n in 0..100 {
                let update = table
                    .update_item()
                    .table_name(TABLE)
                    .key("pk", S("a".into()))
                    .key("sk", S(format!("{n:03}")));
                let update =
                    update.update_expression("ADD n :one").expression_attribute_values(":one", N("1".into()));
                // A call may fail for good, or be made twice.
                drop(update.send().await);
            }
            assert!(aws.items(TABLE).len() > 90);
            let seen = seen.lock().unwrap().clone();
            seen
        })
    };
    let first = history(14);
    assert!(first.iter().any(|line| line.ends_with("UpdateItem a / 000: ok")), "{:?}", &first[..3]);
    assert!(
        first.iter().any(|line| line.contains("lost"))
            && first.iter().any(|line| line.contains("Throttling") || line.contains("Exceeded"))
    );
    assert_eq!(first, history(14));
    assert_ne!(first, history(15));
}

/// The template's rules pass every sample to the triggers that fire for it.
#[test]
fn the_rules_of_the_template_match_the_samples() {
    let deployment = deployment();
    assert_eq!(deployment.functions.len(), 7 + 23 + 6);
    let handlers: BTreeMap<_, _> =
        deployment.functions.values().map(|one| (one.arn(), one.handler.clone())).collect();
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples");
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(samples.join(name)).unwrap()).unwrap()
    };
    let expected = read("expected.json");
    let fires = expected["fires"].as_object().unwrap();
    assert!(fires.len() > 20);
    for (sample, triggers) in fires {
        let entry = read(&format!("{sample}.json"))[0].clone();
        let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        let event = serde_json::json!({ "source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail });
        let matched: Vec<_> = deployment.rules.iter().filter(|rule| rule.pattern.matches(&event)).collect();
        let invoked: Vec<_> = matched
            .iter()
            .flat_map(|rule| &rule.targets)
            .filter_map(|target| handlers.get(&target.arn))
            .collect();
        for trigger in triggers.as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(
                invoked.contains(&trigger) || trigger == "prospect_created",
                "{sample}: {trigger} of {invoked:?}"
            );
        }
    }
}
