//! The simulator: the engine's shipped code in one thread, in virtual time, over an AWS in memory. One seed decides
//! everything that is left to chance.

pub mod aws;
