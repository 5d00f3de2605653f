//! The error of lists that are read in pages.

use aws::store::StoreError;
use domain::page::InvalidCursor;

/// The reason why a page cannot be returned.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is not valid, or belongs to another listing.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// DynamoDB did not respond.
    #[error("the list cannot be read")]
    Store(#[from] StoreError),
}
