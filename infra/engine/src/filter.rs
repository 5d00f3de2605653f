//! Filters by fact, which the lists of events and actions share.

use domain::fact::Email;
use jiff::Timestamp;
use operations::log::{ActionFilter, EventFilter};

use crate::reading::Reading;
use crate::since::Backwards;
use crate::stack::{Stack, StackError};

/// The reason why a filter cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    /// The time range is empty.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// The buyer's key cannot be computed.
    #[error(transparent)]
    Stack(#[from] StackError),
}

/// Filters by fact.
#[derive(Debug, clap::Args)]
pub(crate) struct Facts {
    /// Only facts of the buyer with this email address
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| Email::new(text))]
    email: Option<Email>,
    /// Only facts about this order; the search is faster with --email or --since
    #[arg(long, value_name = "ID")]
    order: Option<String>,
}

impl Facts {
    /// The filter of events in a time range.
    pub(crate) async fn events<const MOST: usize>(
        &self,
        stack: &Stack,
        reading: &Reading<MOST>,
        now: Timestamp,
    ) -> Result<EventFilter, FilterError> {
        let (from, to) = reading.span(now)?;
        let buyer = match &self.email {
            Some(email) => Some(stack.buyer(email).await?),
            None => None,
        };
        Ok(EventFilter { from, to, buyer, order_id: self.order.clone(), ..EventFilter::default() })
    }

    /// The filter of actions in a time range.
    pub(crate) async fn actions<const MOST: usize>(
        &self,
        stack: &Stack,
        reading: &Reading<MOST>,
        now: Timestamp,
    ) -> Result<ActionFilter, FilterError> {
        let EventFilter { from, to, buyer, order_id, .. } = self.events(stack, reading, now).await?;
        Ok(ActionFilter { from, to, buyer, order_id, ..ActionFilter::default() })
    }
}
