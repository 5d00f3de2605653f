//! Filters that the lists of events and of actions share.

use domain::digest::DigestSecret;
use domain::id::{BuyerKey, MarketplaceId};
use domain::log::Status;
use jiff::Timestamp;
use operations::log::{ActionFilter, EventFilter};
use serde::de::{Deserialize, Deserializer, Error};
use utoipa::IntoParams;

use crate::input::bounds::{Address, ForeignId};

/// Filters by the fact.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Facts {
    /// Return only results whose facts occurred at this time or later.
    #[param(format = DateTime, value_type = Option<String>)]
    pub(super) from: Option<Timestamp>,
    /// Return only results whose facts occurred before this time.
    #[param(format = DateTime, value_type = Option<String>)]
    pub(super) to: Option<Timestamp>,
    /// Return only results of the buyer with this email address.
    #[param(value_type = Option<String>, min_length = 1, max_length = 320)]
    pub(super) email: Option<Address>,
    /// Return only results about this order. Add `email` or a time range if you can: the search is faster.
    #[param(value_type = Option<String>, min_length = 1, max_length = 256)]
    pub(super) order_id: Option<ForeignId>,
}

impl Facts {
    /// The filter of a marketplace's actions.
    pub(super) fn actions(self, secret: &DigestSecret, m: &MarketplaceId) -> ActionFilter {
        let EventFilter { from, to, buyer, order_id, .. } = self.events(secret, m);
        ActionFilter { from, to, buyer, order_id, ..ActionFilter::default() }
    }

    /// The filter of a marketplace's events.
    pub(super) fn events(self, secret: &DigestSecret, m: &MarketplaceId) -> EventFilter {
        let Self { from, to, email, order_id } = self;
        let buyer = email.map(|email| BuyerKey::of_email(secret, m, &String::from(email)));
        EventFilter { from, to, buyer, order_id: order_id.map(String::from), ..EventFilter::default() }
    }
}

/// Statuses, separated by commas.
#[derive(Debug, Default)]
pub(super) struct Statuses(pub(super) Vec<Status>);

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.split(',')
            .map(|status| status.parse().map_err(D::Error::custom))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_as_the_log_writes_them() {
        let read = |text: &str| serde_json::from_value::<Statuses>(text.into());
        assert_eq!(read("held,rate_limited").unwrap().0, [Status::Held, Status::RateLimited]);
        for wrong in ["", "held,", "broken", "Held"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
