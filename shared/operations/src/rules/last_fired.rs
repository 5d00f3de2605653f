//! The time at which a rule last fired, read from the Action Log on request, so that events need no additional write.

use aws::store::{Reach, Span, StoreError, Takes};
use domain::id::{MarketplaceId, RuleId};
use domain::log::{EventRecord, JobRecord};
use domain::page::Position;
use domain::verdict::Verdict;
use jiff::Timestamp;

use super::Rules;

/// The maximum number of pages of the log that are read, of about 400 events and actions each.
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
        let store = &self.0.store;
        let Some(rule) = store.rule(m, id, now).await? else { return Ok(None) };
        let of_rule =
            |action: &JobRecord| action.rule == *id && action.integration == rule.integration && !action.test;
        let mut span = Span { since: None, until: None, after: None, limit: WANTED };
        // Actions of replays are not named by the verdicts of their events.
        let exceptions = Takes { event: None, action: &of_rule };
        let exceptions = store.actions_page(m, Reach::Exceptions, &span, exceptions, now).await?;
        let exception = exceptions.items.into_iter().next();
        let may_have_fired = |event: &EventRecord| {
            let mut verdicts = event.verdicts.values().flatten().filter(|judged| judged.rule == *id);
            verdicts.any(|judged| matches!(judged.verdict, Verdict::Fired { .. }))
                || !event.unstored.is_empty()
        };
        let takes = Takes { event: Some(&may_have_fired), action: &of_rule };
        for _ in 0..MOST_PAGES {
            let page = store.actions_page(m, Reach::Marketplace, &span, takes, now).await?;
            let reached = page.next.map(|place| place.at);
            let planned = page.items.into_iter().next();
            let is_newest =
                |exception: &JobRecord| reached.is_none_or(|reached| exception.occurred_at >= reached);
            if planned.is_some() || page.next.is_none() || exception.as_ref().is_some_and(is_newest) {
                let place = |action: &JobRecord| Position::of_job(&action.id);
                let action = planned.into_iter().chain(exception).max_by_key(place);
                return Ok(Some(LastFired { action, read_until: None }));
            }
            span.after = page.next;
        }
        let read_until = if exception.is_some() { None } else { span.after.map(|place| place.at) };
        Ok(Some(LastFired { action: exception, read_until }))
    }
}
