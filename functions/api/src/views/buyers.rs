//! A buyer's timeline and erasure.

use domain::erasure::Erasure;
use operations::buyers::Entry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::actions::ActionView;
use crate::views::events::EventRow;

/// An entry of a buyer's timeline: an event or an action.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// The event, if the entry is one.
    pub(crate) event: Option<EventRow>,
    /// The action, if the entry is one.
    pub(crate) action: Option<ActionView>,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        match entry {
            Entry::Event(event) => Self { event: Some(event.as_ref().into()), action: None },
            Entry::Action(action) => Self { event: None, action: Some(action.as_ref().into()) },
        }
    }
}

/// The result of an erasure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureView {
    /// Whether the erasure is complete: nothing is left, and no process that runs can store data again. If false,
    /// repeat the request.
    pub(crate) complete: bool,
    /// Facts that occurred until this time are erased, and are not accepted again.
    #[schema(format = DateTime)]
    pub(crate) until: String,
    /// The number of erased events, with their verdicts.
    pub(crate) events: u64,
    /// The number of erased actions, including actions that waited.
    pub(crate) actions: u64,
    /// The number of erased ledger entries, which record actions that were performed.
    pub(crate) claims: u64,
    /// The number of erased reminders of abandoned purchases.
    pub(crate) timers: u64,
}

impl From<&Erasure> for ErasureView {
    fn from(erasure: &Erasure) -> Self {
        Self {
            complete: erasure.complete,
            until: erasure.at.to_string(),
            events: erasure.erased.events,
            actions: erasure.erased.actions,
            claims: erasure.erased.claims,
            timers: erasure.erased.timers,
        }
    }
}
