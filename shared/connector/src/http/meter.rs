//! Counts the requests that one action makes, so that an account's rate is charged for what was really called.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static SENT: Cell<u32>;
}

/// Counts one request, where anybody counts.
pub(crate) fn count() {
    // Outside an action nobody does.
    SENT.try_with(|sent| sent.set(sent.get().saturating_add(1))).ok();
}

/// Runs an action, and says how many requests it made.
pub(crate) async fn metered<F: Future>(action: F) -> (F::Output, u32) {
    SENT.scope(Cell::new(0), async {
        let output = action.await;
        (output, SENT.with(Cell::get))
    })
    .await
}
