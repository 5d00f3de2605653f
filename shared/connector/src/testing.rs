//! For tests: a server with prepared responses, jobs to call it for, and the store's operations for jobs in memory.

mod account;
pub mod conformance;
mod job;
mod memory;
mod phrases;
mod previews;
mod stub;
mod told;
mod wire;

pub use self::account::{Account, Pair};
pub use self::job::{NOW, account, attempt, granted, identify, is_as_set, job, options};
pub use self::memory::Memory;
pub use self::phrases::assert_told_apart;
pub use self::previews::{previewed_lines, previews, previews_with};
pub use self::stub::{Received, Reply, Stub};
pub use self::told::{assert_told, told};
pub use self::wire::{Connect, Wire, lines};
