//! Ids of accounts and rules.

use std::str::FromStr;

use domain::id::{InvalidId, time_key};
use jiff::Timestamp;
use runtime::clock;

/// A unique id that sorts by time. `prefix` names the kind of resource.
#[expect(clippy::expect_used, reason = "24 letters and digits behind the prefix")]
pub(crate) fn new<Id: FromStr<Err = InvalidId>>(prefix: &str, now: Timestamp) -> Id {
    let chance = clock::unique();
    format!("{prefix}_{}{}", time_key(now), &chance[..14]).parse().expect("a valid id")
}

#[cfg(test)]
mod tests {
    use domain::id::{IntegrationId, RuleId};

    use super::*;

    #[test]
    fn new_ids_are_valid_sort_by_time_and_differ() {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let later = Timestamp::from_second(1_780_000_001).unwrap();
        assert!(new::<IntegrationId>("int", now) < new("int", later));
        assert_ne!(new::<RuleId>("rul", now), new("rul", now));
    }
}
