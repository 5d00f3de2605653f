//! Notifies the operator of failed actions: once for each group of them.

use std::collections::BTreeSet;

use aws::bus::Bus;
use aws::store::Store;
use domain::id::{IntegrationId, MarketplaceId};
use domain::job::Job;
use domain::log::{FailedActions, JobRecord, Status};
use jiff::Timestamp;
use runtime::logs::Causes;

use crate::remembered::Remembered;

/// The groups that this function instance has seen begin, by account. They need no further write.
#[derive(Debug, Default)]
pub struct KnownGroups(Remembered<BTreeSet<Group>>);

/// A group of an account: its end, status and number.
type Group = (Timestamp, Status, u8);

impl KnownGroups {
    /// Whether the group is new to this function instance. Groups that have ended are forgotten.
    fn insert(&self, m: &MarketplaceId, id: &IntegrationId, group: Group) -> bool {
        self.0.of(m, id, BTreeSet::new, |known| {
            known.retain(|(until, ..)| *until >= group.0);
            known.insert(group)
        })
    }

    fn remove(&self, m: &MarketplaceId, id: &IntegrationId, group: Group) {
        self.0.of(m, id, BTreeSet::new, |known| known.remove(&group));
    }
}

/// Publishes an event for the first action of a group that failed. Other actions of the group cost at most one write in
/// each function instance, and a success costs nothing.
pub(crate) async fn report(store: &Store, bus: &Bus, known: &KnownGroups, job: &Job, record: &JobRecord) {
    let Some(group) = FailedActions::beginning_with(job, record) else { return };
    let key = (group.until, group.status, group.number);
    if !known.insert(&group.marketplace, &group.integration, key) {
        return;
    }
    // The log contains the error; a job must not fail because the operator's notification failed.
    match store.begin_failed_actions(&group).await {
        Ok(false) => {}
        Ok(true) => {
            if let Err(error) = bus.actions_failed(&group).await {
                tracing::error!(error = %Causes(&error), "the operator was not notified");
            }
        }
        Err(error) => {
            // The next failed action of the group tries again.
            known.remove(&group.marketplace, &group.integration, key);
            tracing::error!(error = %Causes(&error), "the operator was not notified");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_new_once_until_it_has_ended() {
        let (known, m, id) = (KnownGroups::default(), "shop-1".parse().unwrap(), "int_1".parse().unwrap());
        let other = "int_2".parse().unwrap();
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let insert =
            |id: &IntegrationId, hour, number| known.insert(&m, id, (at(hour), Status::Rejected, number));
        assert!(insert(&id, 1, 7) && !insert(&id, 1, 7));
        assert!(insert(&id, 1, 8) && insert(&other, 1, 7) && insert(&id, 2, 7));
        assert!(known.insert(&m, &id, (at(2), Status::Exhausted, 7)));
        assert!(!insert(&id, 2, 7));
        known.remove(&m, &id, (at(2), Status::Rejected, 7));
        assert!(insert(&id, 2, 7));
    }
}
