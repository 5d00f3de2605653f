//! The AWS in memory, called with the SDK.

mod functions;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{
    Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use aws_sdk_sqs::types::MessageSystemAttributeName;
use futures::future::FutureExt;
use tokio::task::LocalSet;
use tokio::time::sleep;

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
        // A megabyte has room for three items, and for many entries of the index, which has few attributes.
        assert_eq!(sorted(None, true, None).await, ["k0k1k2", "k3k4"]);
        assert_eq!(sorted(Some("listing"), false, None).await, ["k4k3k2k1k0"]);
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

#[test]
fn a_client_survives_the_faults_that_aws_documents_and_the_same_seed_repeats_them() {
    let history = |seed| {
        run(seed, Faults::HARSH, async |aws| {
            let table = aws_sdk_dynamodb::Client::new(&aws.sdk());
            let seen = Arc::new(Mutex::new(Vec::new()));
            let watched = Arc::clone(&seen);
            aws.watch(move |happening| {
                watched.lock().unwrap().push(format!("{} {}", happening.at, happening.text));
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
            Vec::clone(&seen.lock().unwrap())
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
    let connectors = deployment.functions.values().filter(|function| !function.queues.is_empty()).count();
    let queues = deployment.queues.keys().filter(|name| name.contains("-jobs-")).count();
    assert!(connectors >= 7 && connectors == queues, "{connectors} connectors, {queues} queues");
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
