//! Filters by fact, which the lists of events and actions share.

use domain::fact::Email;
use jiff::Timestamp;
use operations::logs::{ActionFilter, EventFilter};

use crate::since::{Backwards, Since, span};

/// Filters by fact.
#[derive(Debug, clap::Args)]
pub(crate) struct Facts {
    /// Only facts that occurred since: 7d, 12h, 30m, or a time
    #[arg(long)]
    since: Option<Since>,
    /// Only facts that occurred before: 7d, 12h, 30m, or a time
    #[arg(long)]
    until: Option<Since>,
    /// Only facts of the buyer with this email address
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| Email::new(text))]
    email: Option<Email>,
    /// Only facts about this order; the search is faster with --email or --since
    #[arg(long, value_name = "ID")]
    order: Option<String>,
}

impl Facts {
    /// The filter of events.
    pub(crate) fn events(&self, now: Timestamp) -> Result<EventFilter, Backwards> {
        let (from, to) = span(self.since, self.until, now)?;
        let email = self.email.as_ref().map(ToString::to_string);
        Ok(EventFilter { from, to, email, order_id: self.order.clone(), ..EventFilter::default() })
    }

    /// The filter of actions.
    pub(crate) fn actions(&self, now: Timestamp) -> Result<ActionFilter, Backwards> {
        let EventFilter { from, to, email, order_id, .. } = self.events(now)?;
        Ok(ActionFilter { from, to, email, order_id, ..ActionFilter::default() })
    }
}
