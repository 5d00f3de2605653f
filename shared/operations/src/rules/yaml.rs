//! How YAML is read: by a parser that is told how much a document may ask of it, because strangers write documents.

use serde::de::DeserializeSeed;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Options, UserMessageFormatter};

/// As deep may values stand in each other; a rule needs five levels.
const DEEPEST: usize = 32;

/// Reads a text. A plain word is a number or a truth where it is one in YAML 1.2, and else a text.
pub(super) fn read<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |reader| seed.deserialize(reader))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            // One anchor may be used by every rule: `expanded_size` bounds what that comes to.
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// What an error says to whoever wrote the document.
pub(super) fn message(error: &Error) -> String {
    match error {
        Error::Budget { .. } => {
            format!("it is nested more than {DEEPEST} deep, or has too many values or aliases: write less")
        }
        error => error.render_with_formatter(&UserMessageFormatter),
    }
}

/// The line that an error names.
pub(super) fn line(error: &Error) -> Option<usize> {
    usize::try_from(error.location()?.line()).ok()
}
