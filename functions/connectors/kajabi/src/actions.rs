//! The actions that a rule can use, one module each.

pub mod grant_offer;
pub mod revoke_offer;
