//! What a rule can ask of HighLevel, one module each.

pub mod add_tags;
pub mod create_contact;
pub mod remove_tags;
