//! The work that AWS does by itself: deliveries of events, schedules, asynchronous invocations and their repetitions.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::chance::Circumstances;
use super::events::Delivery;
use super::lambdas::{Asynchronous, Caller, Start, Work};
use super::sqs::{Attribute, NewMessage, Received};
use super::state::State;

/// Lambda's times between the tries of an invocation whose function failed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const AFTER_ERRORS: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];
/// How long a schedule exists after it has invoked its target.
const COMPLETED: Duration = Duration::from_mins(1);

impl State {
    /// Begins a synchronous invocation, or accepts an asynchronous one.
    pub(super) fn invoke(
        &mut self,
        address: &str,
        payload: &[u8],
        asynchronous: bool,
        now: Timestamp,
    ) -> Result<oneshot::Receiver<Answer>, Answer> {
        let Some(function) = self.lambda.name(address) else {
            let message = format!("Function not found: {address}");
            return Err(Answer::error(404, "ResourceNotFoundException", &message));
        };
        let payload = String::from_utf8_lossy(payload).into_owned();
        let request = self.chance.id();
        self.work.notify_one();
        if asynchronous {
            self.accept(function, payload, now);
            return Err(Answer { status: 202, body: Vec::new(), ..Answer::json(&json!({})) });
        }
        if !self.lambda.has_capacity() {
            return Err(Answer::error(429, "TooManyRequestsException", "Rate Exceeded."));
        }
        let (sender, receiver) = oneshot::channel();
        *self.lambda.running.entry(function.clone()).or_default() += 1;
        self.lambda.calls.push(Start { function, request, payload, caller: Caller::Synchronous(sender) });
        Ok(receiver)
    }

    fn accept(&mut self, function: String, payload: String, now: Timestamp) {
        let request = self.chance.id();
        let invocation = Asynchronous { function, request, payload, failures: 0, throttles: 0, since: now };
        if self.chance.happens(self.faults.repeated_events) {
            let late = self.chance.within(Duration::from_mins(1));
            self.lambda.add(after(now, late), Work::Invoke(invocation.clone()));
        }
        self.lambda.add(now, Work::Invoke(invocation));
    }

    /// Delivers events that match rules, after EventBridge's own delay.
    pub(super) fn deliver(&mut self, deliveries: Vec<Delivery>, now: Timestamp) {
        for delivery in deliveries {
            let delay = self.chance.within(self.faults.event_delay);
            self.lambda.add(after(now, delay), Work::Deliver(delivery, 0, now));
        }
        self.work.notify_one();
    }

    /// Does what is due by now; returns the invocations to begin, and when there is more to do.
    pub(super) fn work(&mut self, now: Timestamp) -> (Vec<Start>, Option<Timestamp>) {
        let mut starts = std::mem::take(&mut self.lambda.calls);
        while self.lambda.due.first_key_value().is_some_and(|((at, _), _)| *at <= now)
            && let Some((_, work)) = self.lambda.due.pop_first()
        {
            starts.extend(self.one(work, now));
        }
        let visible = self.poll(now, &mut starts);
        let due = self.lambda.due.first_key_value().map(|((at, _), _)| *at);
        (starts, [due, visible].into_iter().flatten().min())
    }

    fn one(&mut self, work: Work, now: Timestamp) -> Option<Start> {
        match work {
            Work::Deliver(delivery, tries, since) => self.try_delivery(delivery, tries, since, now),
            Work::Invoke(invocation) => return self.begin(invocation, now),
            Work::Fire(key) => {
                let target = self.scheduler.target(&key)?;
                let function = self.lambda.name(&target.arn);
                if let Some(function) = function {
                    self.accept(function, target.input.unwrap_or_else(|| "{}".to_owned()), now);
                } else if let Some(queue) = target.dead_letter_config {
                    let body = target.input.unwrap_or_default();
                    let attributes = why("ResourceNotFoundException", "The function does not exist.");
                    self.keep(&queue.arn, NewMessage { body, group: None, attributes }, now);
                }
                self.lambda.add(after(now, COMPLETED), Work::Complete(key));
            }
            Work::Complete(key) => self.scheduler.complete(&key),
            Work::Every(function) => {
                let every = self.lambda.functions.get(&function)?.every?;
                self.lambda.add(after(now, every), Work::Every(function.clone()));
                let due = self.lambda.only_if_due.get(&function).copied();
                if due.is_some_and(|due| !self.dynamodb.is_due(due, now)) {
                    return None;
                }
                self.accept(function, "{}".to_owned(), now);
            }
        }
        None
    }

    fn try_delivery(&mut self, delivery: Delivery, tries: u32, since: Timestamp, now: Timestamp) {
        let refused = self.chance.happens(self.faults.throttles.max(self.faults.server_errors));
        let target = &delivery.target;
        let function = self.lambda.name(&target.arn);
        let known = function.is_some() || self.sqs.queue(&target.arn).is_some();
        if known && !refused {
            if let Some(function) = function {
                self.accept(function, delivery.input, now);
            } else {
                let arn = target.arn.clone();
                self.keep(&arn, NewMessage { body: delivery.input, ..NewMessage::default() }, now);
            }
            return;
        }
        let again = after(now, backoff(tries, Duration::from_mins(10)));
        if known && tries < target.retries && again < after(since, target.longest_wait) {
            self.lambda.add(again, Work::Deliver(delivery, tries + 1, since));
        } else if let Some(queue) = target.dead_letters.clone() {
            let mut attributes = if known {
                why("THROTTLING", "Rate Exceeded.")
            } else {
                why("NO_RESOURCE", "The target does not exist.")
            };
            attributes.insert("RULE_ARN".to_owned(), said(&delivery.rule));
            self.keep(&queue, NewMessage { body: delivery.input, group: None, attributes }, now);
        }
    }

    /// Sends a message for a service of AWS.
    fn keep(&mut self, queue: &str, message: NewMessage, now: Timestamp) {
        let Self { sqs, faults, chance, .. } = self;
        sqs.send(queue, message, &mut Circumstances { now, faults, chance });
    }

    fn begin(&mut self, mut invocation: Asynchronous, now: Timestamp) -> Option<Start> {
        let throttled = !self.lambda.has_capacity() || self.chance.happens(self.faults.throttles);
        if throttled {
            let again = after(now, backoff(invocation.throttles, Duration::from_mins(5)));
            let longest = self.lambda.functions.get(&invocation.function)?.longest_wait;
            if again < after(invocation.since, longest) {
                invocation.throttles += 1;
                self.lambda.add(again, Work::Invoke(invocation));
            } else {
                self.give_up(&invocation, "EventAgeExceeded", None, now);
            }
            return None;
        }
        *self.lambda.running.entry(invocation.function.clone()).or_default() += 1;
        let (function, request) = (invocation.function.clone(), invocation.request.clone());
        Some(Start {
            function,
            request,
            payload: invocation.payload.clone(),
            caller: Caller::Asynchronous(invocation),
        })
    }

    /// Receives messages for functions that have room for them; returns when the next message is visible.
    fn poll(&mut self, now: Timestamp, starts: &mut Vec<Start>) -> Option<Timestamp> {
        let sources: Vec<_> = self
            .lambda
            .functions
            .values()
            .flat_map(|function| function.queues.iter().map(|source| (function.name.clone(), source.clone())))
            .collect();
        let mut next = None;
        for (function, source) in sources {
            let key = (function.clone(), source.queue.clone());
            while self.lambda.by_queue.get(&key).copied().unwrap_or(0) < source.concurrency
                && self.lambda.has_capacity()
            {
                let Some(visible) = self.sqs.queue(&source.queue).and_then(|queue| queue.next_visible(now))
                else {
                    break;
                };
                if visible > now {
                    next = [next, Some(visible)].into_iter().flatten().min();
                    break;
                }
                let waiting = self.sqs.queue(&source.queue).map_or(0, |queue| queue.visible(now));
                let since = *self.lambda.filling.entry(key.clone()).or_insert(now);
                let full = after(since, source.window);
                if waiting < source.batch && full > now {
                    next = [next, Some(full)].into_iter().flatten().min();
                    break;
                }
                self.lambda.filling.remove(&key);
                let Self { sqs, faults, chance, .. } = self;
                let mut with = Circumstances { now, faults, chance };
                let batch = sqs.receive(&source.queue, source.batch, None, &mut with).unwrap_or_default();
                if batch.is_empty() {
                    continue;
                }
                let request = self.chance.id();
                let receipts = batch.iter().map(|one| (one.id.clone(), one.receipt.clone())).collect();
                let payload = records(&source.queue, batch);
                *self.lambda.by_queue.entry(key.clone()).or_default() += 1;
                *self.lambda.running.entry(function.clone()).or_default() += 1;
                let caller = Caller::Queue { queue: source.queue.clone(), partial: source.partial, receipts };
                starts.push(Start { function: function.clone(), request, payload, caller });
            }
        }
        next
    }

    /// An invocation has ended.
    pub(super) fn ended(
        &mut self,
        function: &str,
        caller: Caller,
        result: Result<String, String>,
        now: Timestamp,
    ) {
        if let Some(running) = self.lambda.running.get_mut(function) {
            *running = running.saturating_sub(1);
        }
        match caller {
            Caller::Synchronous(sender) => {
                let answer = match result {
                    Ok(payload) => Answer { body: payload.into_bytes(), ..Answer::json(&json!({})) },
                    Err(why) => Answer::json(&json!({ "errorType": "Error", "errorMessage": why }))
                        .with("x-amz-function-error", "Unhandled"),
                };
                // The caller may have given up.
                drop(sender.send(answer));
            }
            Caller::Asynchronous(invocation) => {
                if let Err(why) = result {
                    self.repeat(invocation, &why, now);
                }
            }
            Caller::Queue { queue, partial, receipts } => {
                if let Some(running) = self.lambda.by_queue.get_mut(&(function.to_owned(), queue.clone())) {
                    *running = running.saturating_sub(1);
                }
                if let Ok(payload) = result {
                    self.delete_done(&queue, partial, receipts, &payload);
                }
            }
        }
        self.work.notify_one();
    }

    fn repeat(&mut self, mut invocation: Asynchronous, error: &str, now: Timestamp) {
        let Some(settings) = self.lambda.functions.get(&invocation.function) else { return };
        let (retries, longest) = (settings.retries, settings.longest_wait);
        let wait = AFTER_ERRORS.get(invocation.failures as usize).copied().unwrap_or(AFTER_ERRORS[1]);
        let again = after(now, wait);
        invocation.failures += 1;
        if invocation.failures > retries {
            self.give_up(&invocation, "RetriesExhausted", Some(error), now);
        } else if again >= after(invocation.since, longest) {
            self.give_up(&invocation, "EventAgeExceeded", Some(error), now);
        } else {
            self.lambda.add(again, Work::Invoke(invocation));
        }
    }

    /// The failure queue gets a record of the invocation.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
    fn give_up(&mut self, invocation: &Asynchronous, condition: &str, error: Option<&str>, now: Timestamp) {
        let Some(settings) = self.lambda.functions.get(&invocation.function) else { return };
        let Some(queue) = settings.on_failure.clone() else { return };
        let payload = serde_json::from_str::<Box<serde_json::value::RawValue>>(&invocation.payload).ok();
        let record = json!({
            "version": "1.0",
            "timestamp": now.to_string(),
            "requestContext": {
                "requestId": invocation.request,
                "functionArn": format!("{}:$LATEST", settings.arn()),
                "condition": condition,
                "approximateInvokeCount": invocation.failures,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": { "errorType": "Error", "errorMessage": error },
        });
        // The payload as it was: some events are no JSON value of this process.
        let payload = payload.as_ref().map_or("null", |payload| payload.get());
        let body = record.to_string().replacen('{', &format!("{{\"requestPayload\":{payload},"), 1);
        self.keep(&queue, NewMessage { body, ..NewMessage::default() }, now);
    }

    /// Deletes the messages that a function has processed.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
    fn delete_done(&mut self, queue: &str, partial: bool, receipts: BTreeMap<String, String>, payload: &str) {
        let failed = if partial { failures(payload) } else { Some(Vec::new()) };
        let Some(failed) = failed else { return };
        // A failure that names no message of the batch fails the batch.
        if failed.iter().any(|id| !receipts.contains_key(id)) {
            return;
        }
        for (id, receipt) in receipts {
            // Lambda deletes at least once, and sometimes too late.
            if failed.contains(&id) || self.chance.happens(self.faults.duplicates) {
                continue;
            }
            if let Some(queue) = self.sqs.queue(queue) {
                queue.delete(&receipt);
            }
        }
    }
}

/// The ids of the messages that failed; `None` if the response cannot be read.
fn failures(payload: &str) -> Option<Vec<String>> {
    let response: serde_json::Value = serde_json::from_str(payload).ok()?;
    let failed = match response.get("batchItemFailures") {
        None | Some(serde_json::Value::Null) => return Some(Vec::new()),
        Some(failed) => failed.as_array()?,
    };
    failed.iter().map(|one| one["itemIdentifier"].as_str().map(str::to_owned)).collect()
}

/// The event of a batch of messages.
fn records(queue: &str, batch: Vec<Received>) -> String {
    use super::deployment::{ACCOUNT, REGION};
    let record = |one: Received| {
        json!({
            "messageId": one.id,
            "receiptHandle": one.receipt,
            "body": one.content.body,
            "attributes": {
                "ApproximateReceiveCount": one.count.to_string(),
                "SentTimestamp": one.sent.as_millisecond().to_string(),
                "SenderId": ACCOUNT,
                "ApproximateFirstReceiveTimestamp": one.since.as_millisecond().to_string(),
                "MessageGroupId": one.content.group,
            },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
            "awsRegion": REGION,
        })
    };
    json!({ "Records": batch.into_iter().map(record).collect::<Vec<_>>() }).to_string()
}

/// The attributes with which AWS says why it could not deliver.
fn why(code: &str, message: &str) -> BTreeMap<String, Attribute> {
    [("ERROR_CODE", code), ("ERROR_MESSAGE", message)]
        .map(|(name, value)| (name.to_owned(), said(value)))
        .into()
}

fn said(text: &str) -> Attribute {
    Attribute { data_type: "String".to_owned(), string_value: Some(text.to_owned()), binary_value: None }
}

fn backoff(tries: u32, longest: Duration) -> Duration {
    Duration::from_secs(1_u64 << tries.min(12)).min(longest)
}

fn after(time: Timestamp, delay: Duration) -> Timestamp {
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}
