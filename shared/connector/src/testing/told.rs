//! What an outcome says, as one line.

use domain::outcome::Outcome;

/// The outcome's kind and its words: `rejected: The list is gone. | Choose Refresh.`
pub fn told(outcome: &Outcome) -> String {
    let (kind, words, hint) = match outcome {
        Outcome::Done { note } => ("done", note.as_deref(), None),
        Outcome::AlreadySo { note } => ("already so", note.as_deref(), None),
        Outcome::RetryLater { reason } => ("retry", Some(reason.message.as_str()), reason.hint.as_deref()),
        Outcome::NotYet { reason } => ("not yet", Some(reason.message.as_str()), reason.hint.as_deref()),
        Outcome::RateLimited { reason, .. } => {
            ("wait", Some(reason.message.as_str()), reason.hint.as_deref())
        }
        Outcome::ReconnectNeeded { reason } => {
            ("reconnect", Some(reason.message.as_str()), reason.hint.as_deref())
        }
        Outcome::Rejected { reason } => ("rejected", Some(reason.message.as_str()), reason.hint.as_deref()),
    };
    format!("{kind}: {} | {}", words.unwrap_or_default(), hint.unwrap_or_default())
}

/// Holds an outcome to its kind and to some of its words.
///
/// # Panics
/// It is of another kind, or says something else.
#[track_caller]
pub fn assert_told(outcome: &Outcome, kind: &str, words: &str, case: &str) {
    let told = told(outcome);
    assert!(told.starts_with(&format!("{kind}: ")) && told.contains(words), "{case}: {told}");
}
