//! Somebody began to buy.

use serde::Deserialize;

use super::item::Item;

/// Somebody left an e-mail address at a checkout and has not bought.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prospect {
    /// What the checkout sells.
    pub item: Item,
}
