//! Explanations of events.

use domain::id::RuleId;
use domain::log::Timer;
use domain::trigger::Trigger;
use operations::firings::Silent;
use operations::log::explain::SilentRule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::events::VerdictView;

/// The explanation of an event: why each rule did or did not fire.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplanationView {
    /// The stored verdicts on rules that were read when the event was processed.
    pub(crate) read: Vec<VerdictView>,
    /// Rules without a stored verdict, judged now. They name other products, are newer than the event, are judged when
    /// a prospect's timer ends, or the event had no room for their verdict.
    pub(crate) unread: Vec<VerdictView>,
    /// Rules whose trigger the event does not fire.
    pub(crate) silent: Vec<SilentView>,
}

/// A rule whose trigger an event does not fire.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilentView {
    /// The rule.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// Its trigger.
    #[schema(value_type = String)]
    pub(crate) trigger: Trigger,
    /// The reason.
    pub(crate) why: String,
}

impl From<&SilentRule> for SilentView {
    fn from(silent: &SilentRule) -> Self {
        let label = silent.trigger.label();
        let why = match &silent.why {
            Silent::Fact => format!("The event does not fire {label}."),
            Silent::Timer(None) => format!("{label} needs a timer, and the event has none."),
            Silent::Timer(Some(Timer::Waiting { fires_at, .. })) => {
                format!("{label} fires at {fires_at} unless the product is bought.")
            }
            Silent::Timer(Some(Timer::Joined { event, .. })) => {
                format!("{label} waits for an earlier prospect of the same buyer and product, {event}.")
            }
            Silent::Timer(Some(Timer::Fired { at })) => format!("{label} has fired at {at}."),
            Silent::Timer(Some(Timer::Bought { event })) => {
                format!("{label} does not fire: the product was bought before the timer ended, in {event}.")
            }
            Silent::Unreadable => "The stored event can no longer be read.".to_owned(),
        };
        Self { rule: silent.rule.clone(), trigger: silent.trigger, why }
    }
}
