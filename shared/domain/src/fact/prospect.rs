//! Somebody began to buy.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::email::Email;
use super::item::Item;
use crate::id::{EffectKey, MarketplaceId, ProductId};

/// Somebody left an e-mail address at a checkout and has not bought.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prospect {
    /// What the checkout sells.
    pub item: Item,
}

/// The timers that may wait for a buyer and a product at a moment, by name; test and live have timers of their own. Time is
/// cut into stretches as long as the delay; a timer has the name of the stretch in which it was set, and its time is over in
/// the next one.
///
/// A name without the stretch could be that of a timer whose time is over and which AWS has not deleted yet: a prospect that
/// joined it would wait for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerNames {
    /// The one that a prospect of this moment sets. Where it is set already, its time is not over.
    pub this: String,
    /// The one of the stretch before, whose time may be over.
    pub last: String,
}

impl TimerNames {
    /// The names at `now`, where a prospect waits for `delay`, in whole seconds and at least one.
    pub fn at(
        now: Timestamp,
        delay: SignedDuration,
        m: &MarketplaceId,
        buyer: &Email,
        product: &ProductId,
        test_mode: bool,
    ) -> Self {
        let mode = if test_mode { "test" } else { "live" };
        let key = EffectKey::of(&["prospect", m.as_str(), mode, &buyer.normalised(), product.as_str()]);
        let stretch = now.as_second().div_euclid(delay.as_secs().max(1));
        let name = |stretch: i64| format!("prospect-{key}-{stretch}");
        Self { this: name(stretch), last: name(stretch - 1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whoever_comes_within_the_delay_finds_the_timer_and_nobody_joins_one_that_is_over(
            first in 1_700_000_000_000_i64..1_900_000_000_000,
            delay in 1_i64..20_000,
            share in 0_i64..3_000,
        ) {
            let m: MarketplaceId = "demo".parse().unwrap();
            let (buyer, product) = (Email::new("Ada@example.com").unwrap(), "rye".parse().unwrap());
            let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
            let names = |now| TimerNames::at(now, SignedDuration::from_secs(delay), &m, &buyer, &product, false);
            let (set, then) = (at(first), at(first + delay * share));
            let (timer, found) = (names(set).this, names(then));
            // A schedule counts in whole seconds.
            let ends = set.as_second() + delay;
            if then.as_second() >= ends {
                prop_assert!(timer != found.this);
            } else {
                prop_assert!(timer == found.this || timer == found.last);
            }
        }
    }

    #[test]
    fn a_test_and_a_purchase_for_money_wait_apart() {
        let m: MarketplaceId = "demo".parse().unwrap();
        let (buyer, product) = (Email::new("ada@example.com").unwrap(), "rye".parse().unwrap());
        let names = |test_mode| {
            TimerNames::at(
                Timestamp::UNIX_EPOCH,
                SignedDuration::from_secs(60),
                &m,
                &buyer,
                &product,
                test_mode,
            )
        };
        assert_ne!(names(true).this, names(false).this);
        assert_ne!(names(true).last, names(false).last);
    }
}
