//! Actions that wait, with their buyers and the money that the buyers paid.

use domain::money::{Currency, Money};
use operations::waits::Waits;
use serde::Serialize;
use utoipa::ToSchema;

/// The actions that wait until an account is reconnected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitsView {
    /// The number of actions.
    #[schema(minimum = 0)]
    actions: usize,
    /// The number of buyers with such actions.
    #[schema(minimum = 0)]
    buyers: usize,
    /// The amounts that the buyers paid in the orders whose actions wait, by currency. An order counts once.
    amounts: Vec<AmountView>,
    /// Whether everything was counted. If false, there is at least this much.
    exact: bool,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AmountView {
    /// The amount in minor units of the currency, such as cents of USD or whole yen of JPY.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    amount: u64,
    /// The ISO 4217 code.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
}

impl From<&Waits> for WaitsView {
    fn from(waits: &Waits) -> Self {
        let amount = |money: &Money| AmountView { amount: money.amount, currency: money.currency };
        Self {
            actions: waits.actions,
            buyers: waits.buyers,
            amounts: waits.amounts.iter().map(amount).collect(),
            exact: waits.exact,
        }
    }
}
