//! Previews: the requests that an action would send, for every connector.
//!
//! The connector performs the action as usual. Instead of sending a request, the HTTP clients record it and return an
//! answer with placeholders. So a preview shows the way of an action on which every request succeeds and
//! every search finds nothing. The connector gets stand-ins for the credentials (`StandIns`), so that a request of a
//! preview cannot contain any.

pub(crate) mod placeholder;
pub(crate) mod recording;
pub(crate) mod shown;
mod stand_in;

use std::panic::AssertUnwindSafe;

use domain::connector_rpc::PreviewedAction;
use domain::job::Job;
use domain::outcome::Outcome;
use futures::FutureExt;
use runtime::clock;

use crate::call::{Call, Connector};

pub use recording::is_running;
use shown::HIDDEN;
pub(crate) use stand_in::StandIns;

/// The reason if the action needs a real answer.
const DEPENDS: &str = "Further requests depend on the answers.";

/// The requests of one action.
pub(crate) async fn action<C: Connector>(connector: &C, job: &Job, stand_ins: &StandIns) -> PreviewedAction {
    let call = Call { job, credentials: stand_ins.credentials(), attempt: 1, now: clock::now() };
    let perform = AssertUnwindSafe(connector.perform(&call)).catch_unwind();
    let (outcome, recording) = recording::record(perform).await;
    let requests = recording.requests.iter();
    let replace = |said: &str| {
        let said = stand_ins.replaced().fold(said.to_owned(), |said, secret| said.replace(secret, HIDDEN));
        placeholder::texts(&recording.placeholders)
            .fold(said, |said, (text, shown)| said.replace(&text, &shown))
    };
    let requests: Vec<_> = requests.map(|request| shown::shown(request, &replace)).collect();
    let depends = Some(DEPENDS.to_owned());
    let (continues, reason) = match outcome {
        _ if recording.stopped => (true, depends),
        Ok(Outcome::Done { .. } | Outcome::AlreadySo { .. }) => (false, None),
        Ok(Outcome::Failed(setback)) if requests.is_empty() => (false, Some(setback.into_reason().message)),
        // A placeholder is no valid value here.
        Ok(Outcome::Failed(_)) | Err(_) => (true, depends),
    };
    PreviewedAction { requests, continues, reason }
}
