//! What an outcome says, as one line.

use domain::outcome::{Outcome, Reason, Setback};

/// The kind and the words of an outcome, or of what stood against one: `rejected: The list is gone. | Choose Refresh.`
/// What a later success will say stands behind them.
pub fn told<T: Clone + Into<Outcome>>(outcome: &T) -> String {
    let (kind, said) = match outcome.clone().into() {
        Outcome::Done { note } => ("done", note.map(Reason::new)),
        Outcome::AlreadySo { note } => ("already so", note.map(Reason::new)),
        Outcome::Failed(setback) => {
            let kind = match setback {
                Setback::Transient { .. } => "retry",
                Setback::PreconditionMissing { .. } => "not yet",
                Setback::RateLimited { .. } => "wait",
                Setback::ReconnectNeeded { .. } => "reconnect",
                Setback::Rejected { .. } => "rejected",
            };
            (kind, Some(setback.into_reason()))
        }
    };
    let Some(Reason { message, hint, note }) = said else { return format!("{kind}:  | ") };
    let note = note.map(|note| format!(" | {}", note.0));
    format!("{kind}: {message} | {}{}", hint.unwrap_or_default(), note.unwrap_or_default())
}

/// Holds an outcome to its kind and to some of its words.
///
/// # Panics
/// It is of another kind, or says something else.
#[track_caller]
pub fn assert_told<T: Clone + Into<Outcome>>(outcome: &T, kind: &str, words: &str, case: &str) {
    let told = told(outcome);
    assert!(told.starts_with(&format!("{kind}: ")) && told.contains(words), "{case}: {told}");
}
