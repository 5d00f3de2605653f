//! Triggers of prospects and leads.

pub mod lead_added;
pub mod prospect_created;
