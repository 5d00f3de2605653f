//! The requests that are recorded during a preview.

use std::cell::RefCell;
use std::future::Future;

use reqwest::Request;

/// The maximum number of requests of one action. Only a search that never ends has more.
const MOST: usize = 20;

tokio::task_local! {
    static RECORDING: RefCell<Recording>;
}

/// The requests of an action, and the placeholders in their answers.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// The requests, in their order.
    pub(super) requests: Vec<Request>,
    /// The names of the placeholders.
    pub(super) placeholders: Vec<String>,
    /// Whether the action was stopped: it needs a real answer.
    pub(super) stopped: bool,
}

/// Performs an action whose requests are recorded.
pub(super) async fn record<F: Future>(action: F) -> (F::Output, Recording) {
    let recorded = RECORDING.scope(RefCell::default(), async {
        let output = action.await;
        (output, RECORDING.with(RefCell::take))
    });
    recorded.await
}

/// Whether requests are recorded: the credentials are stand-ins, whose form may differ.
pub fn is_running() -> bool {
    with(|_| ()).is_some()
}

/// The action has more requests than are recorded.
pub(crate) struct Full;

/// Within [`record`], records a request, which must not be sent. Returns its number, from 1.
pub(crate) fn add(request: &Request) -> Option<Result<usize, Full>> {
    with(|recording| {
        // A request for an access token is not part of the action: usually the token is known.
        if request.url().path().ends_with("/oauth/token") {
            return Ok(0);
        }
        if recording.requests.len() == MOST {
            recording.stopped = true;
            return Err(Full);
        }
        recording.requests.extend(request.try_clone());
        Ok(recording.requests.len())
    })
}

/// Within [`record`], names a placeholder. Returns its index.
pub(super) fn name(placeholder: String) -> Option<usize> {
    with(|recording| {
        recording.placeholders.push(placeholder);
        recording.placeholders.len() - 1
    })
}

/// Notes that an answer of the expected type cannot be made of placeholders.
pub(super) fn stop() {
    with(|recording| recording.stopped = true);
}

fn with<T>(usage: impl FnOnce(&mut Recording) -> T) -> Option<T> {
    RECORDING.try_with(|recording| usage(&mut recording.borrow_mut())).ok()
}
