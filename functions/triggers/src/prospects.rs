//! Triggers of prospects.

pub mod prospect_created;
