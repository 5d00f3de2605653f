//! The requests that a rule's actions would send, built by the app's connector. Nothing is sent or stored.

use domain::connector_rpc::{Preview as Ask, PreviewedAction};
use domain::digest::DigestSecret;
use domain::job::{Contact, Job};
use domain::log::EventRecord;
use domain::rule::Rule;
use jiff::Timestamp;

use crate::connectors::{ConnectorError, Connectors};
use crate::example;

/// The maximum number of actions that are previewed.
pub const MOST_ACTIONS: usize = 3;
/// The id of the example fact.
const EXAMPLE: &str = "example";

/// The fact that the rule is previewed for.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A stored event.
    Event(&'a EventRecord),
    /// An example fact of the rule's trigger, about this contact.
    Example(&'a Contact),
}

/// The first actions of a rule with their requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The actions.
    pub actions: Vec<(Job, PreviewedAction)>,
    /// The number of further actions.
    pub more: usize,
}

/// The reason why a rule is not previewed.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The event does not fire the rule's trigger, or the rule is for other products.
    #[error("the rule does not apply to the event: it has another trigger or other products")]
    OtherEvent,
    /// The app does not offer the action for the trigger.
    #[error("the app does not offer this action for this trigger")]
    NotOffered,
    /// The connector did not respond, or rejected the request.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
}

/// Previews a rule, stored or not. Its conditions are not checked.
pub(crate) async fn preview(
    connectors: &Connectors,
    secret: &DigestSecret,
    rule: &Rule,
    subject: Subject<'_>,
    now: Timestamp,
) -> Result<Preview, PreviewError> {
    let m = &rule.marketplace;
    let (jobs, none) = match subject {
        Subject::Event(event) => (example::jobs(secret, event, rule), PreviewError::OtherEvent),
        Subject::Example(contact) => {
            let event = example::event(secret, m, rule, contact, EXAMPLE, now);
            (event.and_then(|event| example::jobs(secret, &event, rule)), PreviewError::NotOffered)
        }
    };
    let mut jobs = jobs.unwrap_or_default();
    if jobs.is_empty() {
        return Err(none);
    }
    let more = jobs.len().saturating_sub(MOST_ACTIONS);
    jobs.truncate(MOST_ACTIONS);
    let ask = Ask { marketplace: m.clone(), integration: rule.integration.clone(), jobs: jobs.clone() };
    let previewed = connectors.ask(rule.app, ask).await?;
    Ok(Preview { actions: jobs.into_iter().zip(previewed.actions).collect(), more })
}
