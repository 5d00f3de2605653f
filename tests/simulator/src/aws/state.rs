//! The services together.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::answer::Answer;
use super::chance::{Chance, Circumstances};
use super::dynamodb::{DynamoDb, Outcome};
use super::events::EventBridge;
use super::faults::{Call, Faults, Service, Strike};
use super::kms::Kms;
use super::lambdas::{Lambdas, Work};
use super::request::Request;
use super::scheduler::{ScheduleKey, Scheduler};
use super::secrets::Secrets;
use super::sqs::Sqs;
use super::trace::Happening;

type Strikes = Box<dyn FnMut(&Call<'_>) -> Option<Strike> + Send>;
type Watcher = Box<dyn FnMut(&Happening) + Send>;

/// Everything that AWS stores.
pub(super) struct State {
    pub(super) faults: Faults,
    pub(super) chance: Chance,
    pub(super) dynamodb: DynamoDb,
    pub(super) sqs: Sqs,
    pub(super) kms: Kms,
    pub(super) secrets: Secrets,
    pub(super) events: EventBridge,
    pub(super) scheduler: Scheduler,
    pub(super) lambda: Lambdas,
    pub(super) strikes: Option<Strikes>,
    pub(super) watcher: Option<Watcher>,
    pub(super) refused: BTreeSet<String>,
    /// Wakes Lambda when there may be work.
    pub(super) work: Arc<Notify>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            faults: Faults::CALM,
            chance: Chance::new(seed),
            dynamodb: DynamoDb::default(),
            sqs: Sqs::default(),
            kms: Kms::default(),
            secrets: Secrets::default(),
            events: EventBridge::default(),
            scheduler: Scheduler::default(),
            lambda: Lambdas::default(),
            strikes: None,
            watcher: None,
            refused: BTreeSet::new(),
            work: Arc::default(),
        }
    }

    /// Performs a call.
    pub(super) fn perform(&mut self, call: &Request, now: Timestamp, quiet: bool) -> Outcome {
        let none = Faults::NONE;
        let faults = if quiet { &none } else { &self.faults };
        let mut with = Circumstances { now, faults, chance: &mut self.chance };
        let (operation, body) = (call.operation.as_str(), call.body.as_slice());
        let done = match call.service {
            Service::DynamoDb => self.dynamodb.call(operation, body, &mut with),
            Service::Sqs => {
                self.work.notify_one();
                self.sqs.call(operation, body, &mut with).map(Outcome::Done)
            }
            Service::Kms => self.kms.call(operation, body).map(Outcome::Done),
            Service::SecretsManager => self.secrets.call(operation, body).map(Outcome::Done),
            Service::EventBridge => {
                self.events.call(operation, body, &mut with).map(|(answer, deliveries)| {
                    self.deliver(deliveries, now);
                    Outcome::Done(answer)
                })
            }
            Service::Scheduler => {
                self.scheduler.call(operation, &call.resource, &call.query, body).map(|(answer, due)| {
                    self.schedule(due);
                    Outcome::Done(answer)
                })
            }
            Service::Lambda => Some(match self.invoke(&call.resource, body, call.asynchronous, now) {
                Ok(receiver) => Outcome::Running(receiver),
                Err(answer) => Outcome::Done(answer),
            }),
        };
        done.unwrap_or_else(|| {
            let what = format!("{:?} {operation}", call.service);
            let message = format!("the AWS in memory does not implement {what}");
            self.refused.insert(what);
            Outcome::Done(Answer::error(400, "UnknownOperationException", &message))
        })
    }

    fn schedule(&mut self, due: Option<(ScheduleKey, Timestamp)>) {
        if let Some((key, at)) = due {
            let late = self.chance.within(self.faults.schedule_delay);
            self.lambda.add(at.checked_add(late).unwrap_or(Timestamp::MAX), Work::Fire(key));
            self.work.notify_one();
        }
    }

    /// The response to a call that the service throttles.
    pub(super) fn throttled(&mut self, service: Service) -> Answer {
        match service {
            Service::DynamoDb => {
                let codes =
                    ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];
                Answer::error(
                    400,
                    codes[self.chance.below(codes.len())],
                    "Throughput exceeds the current capacity",
                )
            }
            Service::Lambda => Answer::error(429, "TooManyRequestsException", "Rate Exceeded."),
            Service::Scheduler => Answer::error(429, "ThrottlingException", "Rate exceeded"),
            Service::Sqs | Service::EventBridge | Service::Kms | Service::SecretsManager => {
                Answer::error(400, "ThrottlingException", "Rate exceeded")
            }
        }
    }

    /// The response to a call that fails in the service.
    pub(super) fn failed(&mut self) -> Answer {
        if self.chance.happens(0.5) {
            Answer::error(503, "ServiceUnavailable", "The service is temporarily unavailable")
        } else {
            Answer::error(500, "InternalServerError", "The request could not be processed")
        }
    }
}
