//! Prospects: buyers who began a checkout.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::item::Item;
use crate::id::{BuyerKey, EffectKey, MarketplaceId, ProductId};

/// A buyer left an e-mail address at a checkout and has not bought.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prospect {
    /// The item that the checkout sells.
    pub item: Item,
}

/// The names of the timers that may run now for a buyer and a product. Test and live prospects have separate timers.
/// Time is divided into periods as long as the delay. A timer is named after the period in which it was set, and ends
/// in the next one.
///
/// Without the period, the name could be that of an ended timer that AWS has not deleted yet. A prospect that joined it
/// would never fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerNames {
    /// The timer of the current period. If it exists already, it has not ended.
    pub this: String,
    /// The timer of the previous period, which may have ended.
    pub last: String,
}

impl TimerNames {
    /// The names at `now`, for a `delay` in whole seconds, at least one.
    pub fn at(
        now: Timestamp,
        delay: SignedDuration,
        m: &MarketplaceId,
        buyer: BuyerKey,
        product: &ProductId,
        test_mode: bool,
    ) -> Self {
        let mode = if test_mode { "test" } else { "live" };
        let key = EffectKey::of(&["prospect", m.as_str(), mode, &buyer.to_string(), product.as_str()]);
        let stretch = now.as_second().div_euclid(delay.as_secs().max(1));
        let name = |stretch: i64| format!("prospect-{key}-{stretch}");
        Self { this: name(stretch), last: name(stretch - 1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUYER: &str = "0123456789abcdef";

    proptest! {
        #[test]
        fn a_prospect_within_the_delay_joins_the_timer_and_none_joins_an_ended_one(
            first in 1_700_000_000_000_i64..1_900_000_000_000,
            delay in 1_i64..20_000,
            share in 0_i64..3_000,
        ) {
            let m: MarketplaceId = "demo".parse().unwrap();
            let (buyer, product) = (BUYER.parse().unwrap(), "rye".parse().unwrap());
            let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
            let names = |now| TimerNames::at(now, SignedDuration::from_secs(delay), &m, buyer, &product, false);
            let (set, then) = (at(first), at(first + delay * share));
            let (timer, found) = (names(set).this, names(then));
            // A schedule has a precision of one second.
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
        let (buyer, product) = (BUYER.parse().unwrap(), "rye".parse().unwrap());
        let names = |test_mode| {
            TimerNames::at(
                Timestamp::UNIX_EPOCH,
                SignedDuration::from_secs(60),
                &m,
                buyer,
                &product,
                test_mode,
            )
        };
        assert_ne!(names(true).this, names(false).this);
        assert_ne!(names(true).last, names(false).last);
    }
}
