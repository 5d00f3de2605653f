//! Checks that an app's rejections are distinguished by their messages.

use std::collections::BTreeSet;

use crate::failure::{Rejection, tells};

/// Checks a table of rejections against complete texts of the app: each text identifies the rejection with the given
/// phrase, each phrase has a text, and no phrase hides a longer one further down.
///
/// # Panics
/// One of these is not true.
#[track_caller]
pub fn assert_told_apart<C: Clone>(table: &[Rejection<C>], texts: &[(&[&str], &str)]) {
    let all: Vec<&str> = table.iter().flat_map(|rejection| rejection.phrases).copied().collect();
    for (at, general) in all.iter().enumerate() {
        let hidden = all[at + 1..].iter().find(|specific| tells(general, specific));
        assert_eq!(hidden, None, "`{general}` comes before it");
    }
    for (said, phrase) in texts {
        let found = Rejection::find(table, said).map(|rejection| rejection.phrases);
        assert!(
            found.is_some_and(|phrases| phrases.contains(phrase)),
            "{said:?} tells {found:?}, not `{phrase}`"
        );
    }
    let told: BTreeSet<&str> = texts.iter().map(|(_, phrase)| *phrase).collect();
    assert_eq!(told, all.into_iter().collect(), "each phrase has a text");
}
