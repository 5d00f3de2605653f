//! The time at which a rule last fired, read from the Action Log on request, so that events need no additional write.

use aws::store::{Reach, Span, StoreError, Takes};
use domain::id::{MarketplaceId, RuleId};
use domain::log::JobRecord;
use jiff::Timestamp;

use super::Rules;

/// The maximum number of pages of the account's log that are read, of about 400 actions each.
const MOST_PAGES: usize = 5;
/// The number of the rule's actions to read per page. It also determines the size of the reads.
const WANTED: usize = 100;

/// The newest action of a rule, other than tests.
#[derive(Debug)]
pub struct LastFired {
    /// The action.
    pub action: Option<JobRecord>,
    /// The time of the oldest action that was read, if the log has older ones. `None`: the log was read to its end or
    /// to the action.
    pub read_until: Option<Timestamp>,
}

impl Rules<'_> {
    /// The newest action that a rule requested in its current account. `None`: the rule does not exist.
    pub async fn last_fired(
        &self,
        m: &MarketplaceId,
        id: &RuleId,
        now: Timestamp,
    ) -> Result<Option<LastFired>, StoreError> {
        let Some(rule) = self.0.store.rule(m, id, now).await? else { return Ok(None) };
        let of_rule = |action: &JobRecord| action.rule == *id && !action.test;
        let takes = Takes { event: None, action: &of_rule };
        let mut span = Span { since: None, until: None, after: None, limit: WANTED };
        for _ in 0..MOST_PAGES {
            let page =
                self.0.store.actions_page(m, Reach::Account(&rule.integration), &span, takes, now).await?;
            let action = page.items.into_iter().next();
            if action.is_some() || page.next.is_none() {
                return Ok(Some(LastFired { action, read_until: None }));
            }
            span.after = page.next;
        }
        Ok(Some(LastFired { action: None, read_until: span.after.map(|place| place.at) }))
    }
}
