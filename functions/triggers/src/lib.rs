//! The trigger functions. One binary serves them all; the template's `Handler:` names the trigger.

pub mod contract_violations;
pub mod courses;
pub mod definition;
pub mod handle;
pub mod orders;
pub mod prospects;
pub mod refunds;
pub mod registry;
pub mod subscriptions;
