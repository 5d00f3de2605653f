//! For the wire tests of connectors: a server that answers what it is told to, and jobs to call it for.

mod job;
mod stub;
mod told;

pub use self::job::{NOW, attempt, granted, identify, job, options};
pub use self::stub::{Received, Reply, Stub};
pub use self::told::{assert_told, told};
