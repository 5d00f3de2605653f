//! What a rule can ask of Kajabi, one module each.

pub mod grant_offer;
pub mod revoke_offer;
