//! The products function: stores the product catalog that merchants choose from when they write rules.

pub mod handle;
