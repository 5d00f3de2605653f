//! An outcome as one line of text.

use domain::outcome::{Outcome, Reason, Setback};

/// The kind and the text of an outcome or a setback: `rejected: The list is gone. | Choose Refresh.` A note for a later
/// success follows after them.
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
    let Some(Reason { message, hint, note, .. }) = said else { return format!("{kind}:  | ") };
    let note = note.map(|note| format!(" | {}", note.0));
    format!("{kind}: {message} | {}{}", hint.unwrap_or_default(), note.unwrap_or_default())
}

/// Checks an outcome's kind and a part of its text.
///
/// # Panics
/// The kind is different, or the text is absent.
#[track_caller]
pub fn assert_told<T: Clone + Into<Outcome>>(outcome: &T, kind: &str, words: &str, case: &str) {
    let told = told(outcome);
    assert!(told.starts_with(&format!("{kind}: ")) && told.contains(words), "{case}: {told}");
}
