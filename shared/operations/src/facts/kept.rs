//! Reading the facts queue without removing messages.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::dead_letters::Letter;
use aws::queue::QueueError;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Facts;
use super::refused::{self, Unfit};
use crate::sources::Sources;

/// The visibility timeout of the messages that are read, in case the process ends before it makes them visible again.
const HIDDEN: Duration = Duration::from_secs(30);

/// A message in the facts queue. It does not contain the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFact {
    /// The SQS message id.
    pub id: String,
    /// When the message was put in the queue.
    pub since: Option<Timestamp>,
    /// The reason why the fact is in the queue.
    pub reason: String,
    /// The trigger or function that could not read or plan the fact, if one is named.
    pub by: Option<String>,
    /// The name of the fact.
    pub detail_type: Option<String>,
    /// The marketplace of the fact, as the fact has it.
    pub marketplace: Option<String>,
    /// The producer's id of the fact, as the fact has it.
    pub fact_id: Option<String>,
    /// The reason why a redrive would leave the message in the queue. `None`: the fact would be published.
    pub stays: Option<String>,
}

/// The messages that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptFacts {
    /// The messages, up to the requested number.
    pub facts: Vec<KeptFact>,
    /// Whether the queue has more messages.
    pub more: bool,
}

impl Facts<'_> {
    /// Reads up to `most` messages. SQS returns them in no order; other readers at the same time receive other messages.
    pub async fn kept(&self, most: usize) -> Result<KeptFacts, QueueError> {
        let from = &self.0.services.facts_queue;
        let (mut letters, mut seen): (Vec<Letter>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
        let received = loop {
            match from.receive_for(most.saturating_sub(letters.len()), HIDDEN).await {
                Ok(page) => {
                    let before = letters.len();
                    letters.extend(page.into_iter().filter(|letter| seen.insert(letter.id.clone())));
                    if letters.len() == before || letters.len() >= most {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        for letter in &letters {
            let shown = from.put_back(letter).await;
            if received.is_ok() {
                shown?;
            }
        }
        let sources = &self.0.services.sources;
        let facts = letters.iter().map(|letter| of(letter, sources)).collect();
        received.map(|()| KeptFacts { more: letters.len() >= most, facts })
    }
}

/// The fields of a message, in any of the shapes that [`refused::read`] reads. Each field is parsed separately, so that an
/// unreadable field does not hide the others.
#[derive(Debug, Default, Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    reason: Part<'a>,
    #[serde(borrow)]
    trigger: Part<'a>,
    #[serde(borrow)]
    event: Part<'a>,
    #[serde(borrow)]
    matured: Part<'a>,
    #[serde(borrow, rename = "requestPayload")]
    request_payload: Part<'a>,
    #[serde(borrow, rename = "requestContext")]
    request_context: Part<'a>,
    #[serde(borrow, rename = "responsePayload")]
    response_payload: Part<'a>,
}

type Part<'a> = Option<&'a RawValue>;

/// An event, or another payload that a function was invoked with.
#[derive(Debug, Default, Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    matured: Part<'a>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Part<'a>,
    #[serde(borrow)]
    detail: Part<'a>,
}

/// The detail of a fact.
#[derive(Debug, Default, Deserialize)]
struct Detail<'a> {
    #[serde(borrow)]
    marketplace_id: Part<'a>,
    #[serde(borrow)]
    id: Part<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct Failure<'a> {
    #[serde(borrow, rename = "errorMessage")]
    message: Part<'a>,
}

/// Lambda's record of an asynchronous invocation that failed in every attempt.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
#[derive(Debug, Default, Deserialize)]
struct Context<'a> {
    #[serde(borrow, rename = "functionArn")]
    function: Part<'a>,
    #[serde(borrow)]
    condition: Part<'a>,
}

/// Parses the field, or returns the default if it has another type.
fn part<'a, T: Default + Deserialize<'a>>(json: Part<'a>) -> T {
    json.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default()
}

/// The field as text, truncated for a list.
fn text(json: Part<'_>) -> Option<String> {
    part::<Option<String>>(json).map(|text| text.chars().take(200).collect())
}

fn of(letter: &Letter, sources: &Sources) -> KeptFact {
    let described = describe(&letter.body, letter.why.clone(), sources);
    KeptFact { id: letter.id.clone(), since: letter.sent_at, ..described }
}

/// `why`: the reason in the message's attributes, which AWS sets.
fn describe(message: &str, why: Option<String>, sources: &Sources) -> KeptFact {
    let body = serde_json::from_str(message).ok();
    let said: Said<'_> = part(body);
    let payload = said.request_payload;
    let matured = part::<Event<'_>>(payload).matured;
    let event: Event<'_> = part(said.event.or(said.matured).or(matured).or(payload).or(body));
    let detail: Detail<'_> = part(event.detail);
    let failure = text(part::<Failure<'_>>(said.response_payload).message);
    let context: Context<'_> = part(said.request_context);
    let function = text(context.function).as_deref().and_then(function_name);
    let reason = part::<Option<String>>(said.reason).or(failure).or(text(context.condition)).or(why);
    KeptFact {
        id: String::new(),
        since: None,
        reason: reason.unwrap_or_else(|| "no reason is given".to_owned()),
        by: text(said.trigger).or(function),
        detail_type: text(event.detail_type),
        marketplace: text(detail.marketplace_id),
        fact_id: text(detail.id),
        stays: refused::read(message, sources).err().map(|unfit: Unfit| unfit.to_string()),
    }
}

/// The name in `…:function:<name>:<version>`.
fn function_name(arn: &str) -> Option<String> {
    arn.split(":function:").nth(1)?.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample;

    fn describe(message: &str, why: Option<String>) -> KeptFact {
        super::describe(message, why, &"commerce".parse().unwrap())
    }

    #[test]
    fn every_shape_tells_its_reason_and_whose_fact_it_is_and_nothing_about_the_buyer() {
        let detail: Value = serde_json::from_str(&sample::event(json!({})).detail).unwrap();
        let event = json!({ "source": "commerce", "detail-type": "Order Completed", "detail": detail });
        let failed = json!({ "requestContext": { "condition": "RetriesExhausted",
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:engine-Kit:$LATEST" },
            "requestPayload": event, "responsePayload": { "errorMessage": "the table did not answer" } });
        for (message, why, reason, by) in [
            (
                json!({ "reason": "it broke", "trigger": "order_completed", "event": event }),
                None,
                "it broke",
                Some("order_completed"),
            ),
            (failed, None, "the table did not answer", Some("engine-Kit")),
            (event.clone(), Some("no such function"), "no such function", None),
            (event.clone(), None, "no reason is given", None),
        ] {
            let fact = describe(&message.to_string(), why.map(str::to_owned));
            assert_eq!((fact.reason.as_str(), fact.by.as_deref(), fact.stays), (reason, by, None));
            assert_eq!(fact.detail_type.as_deref(), Some("Order Completed"));
            assert_eq!(fact.marketplace.as_deref(), detail["marketplace_id"].as_str());
            assert_eq!(fact.fact_id.as_deref(), detail["id"].as_str());
        }
    }

    #[test]
    fn a_fact_that_cannot_be_read_is_kept_with_its_name() {
        let nested = "[".repeat(60_000) + &"]".repeat(60_000);
        for (unreadable, continues) in [(nested.as_str(), false), ("1e999", false), ("\"\\ud83d\"", true)] {
            let event =
                sample::event(json!({})).detail.replacen('{', &format!("{{\"more\":{unreadable},"), 1);
            let event =
                format!(r#"{{"source":"commerce","detail-type":"Order Completed","detail":{event}}}"#);
            let fact = describe(&format!(r#"{{"reason":"it broke","event":{event}}}"#), None);
            assert_eq!(
                (fact.reason.as_str(), fact.detail_type.as_deref()),
                ("it broke", Some("Order Completed"))
            );
            assert_eq!(
                (fact.marketplace.as_deref(), fact.fact_id.as_deref()),
                (Some("demo"), Some("ord_1.completed"))
            );
            assert_eq!(fact.stays.is_none(), continues, "{:?}", fact.stays);
        }
    }

    #[test]
    fn what_would_stay_says_why() {
        let fact = describe("no JSON", None);
        assert_eq!(fact.stays.as_deref(), Some("it holds no event of the bus"));
        assert_eq!((fact.marketplace, fact.detail_type), (None, None));
    }

    #[test]
    fn a_function_is_named_without_its_account_and_version() {
        let arn = "arn:aws:lambda:eu-west-1:000000000000:function:engine-Kit:$LATEST";
        assert_eq!(function_name(arn).unwrap(), "engine-Kit");
        assert_eq!(function_name("nothing"), None);
    }
}
