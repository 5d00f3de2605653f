//! The operator's views.

pub(crate) mod apps;
pub(crate) mod facts;
pub(crate) mod marketplaces;
pub(crate) mod redriven;
