//! Filters by fact, which the lists of events and actions share.

use domain::fact::Email;
use jiff::Timestamp;
use operations::log::{ActionFilter, EventFilter};

use crate::reading::Reading;
use crate::since::Backwards;

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
    pub(crate) fn events<const MOST: usize>(
        &self,
        reading: &Reading<MOST>,
        now: Timestamp,
    ) -> Result<EventFilter, Backwards> {
        let (from, to) = reading.span(now)?;
        let email = self.email.as_ref().map(ToString::to_string);
        Ok(EventFilter { from, to, email, order_id: self.order.clone(), ..EventFilter::default() })
    }

    /// The filter of actions in a time range.
    pub(crate) fn actions<const MOST: usize>(
        &self,
        reading: &Reading<MOST>,
        now: Timestamp,
    ) -> Result<ActionFilter, Backwards> {
        let EventFilter { from, to, email, order_id, .. } = self.events(reading, now)?;
        Ok(ActionFilter { from, to, email, order_id, ..ActionFilter::default() })
    }
}
