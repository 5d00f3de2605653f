//! Bounded counts.

use operations::BoundedCount;
use serde::Serialize;
use utoipa::ToSchema;

/// A number of items, counted up to a limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    /// The number of items that were counted.
    #[schema(minimum = 0)]
    pub(crate) count: usize,
    /// Whether there are more items: counting stops after some thousands.
    pub(crate) more: bool,
}

impl From<BoundedCount> for Count {
    fn from(counted: BoundedCount) -> Self {
        Self { count: counted.count, more: counted.more }
    }
}
