//! Somebody began to buy.

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

/// The name of the timer that waits for a buyer and a product: further prospects within its time join it.
pub fn timer_name(m: &MarketplaceId, buyer: &Email, product: &ProductId) -> String {
    let key = EffectKey::of(&["prospect", m.as_str(), &buyer.normalised(), product.as_str()]);
    format!("prospect-{key}")
}
