//! Triggers of orders and checkouts.

pub mod checkout_charged;
pub mod checkout_failed;
pub mod order_completed;
pub mod product_added_to_order;
pub mod product_purchased;
pub mod upsell_purchased;
