//! Counts the requests of one action, so that an account's rate is charged for the calls that were made.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static SENT: Cell<u32>;
}

/// Counts one request, inside [`metered`].
pub(crate) fn count() {
    // Outside of an action, requests are not counted.
    SENT.try_with(|sent| sent.set(sent.get().saturating_add(1))).ok();
}

/// Runs an action. Returns its result and the number of its requests.
pub(crate) async fn metered<F: Future>(action: F) -> (F::Output, u32) {
    SENT.scope(Cell::new(0), async {
        let output = action.await;
        (output, SENT.with(Cell::get))
    })
    .await
}
