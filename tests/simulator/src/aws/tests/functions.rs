//! Functions that events, queues, schedules and calls invoke.

use std::cell::RefCell;
use std::rc::Rc;

use ::aws::schedules::Set;
use futures::future::LocalBoxFuture;

use super::*;
use crate::aws::functions::{Context, Function, Lambda, Sandbox};

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
        let hidden = deployment().queues["engine-jobs-kit"].visibility;
        sleep(hidden).await;
        assert_eq!(aws.queue("engine-jobs-kit").in_flight, ["fail"]);
        assert!(!lambda.is_idle());
        sleep(Duration::from_secs(5)).await;
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
