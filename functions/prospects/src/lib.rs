//! The prospects function: waits until the delay of a prospect has passed.

pub mod handle;
