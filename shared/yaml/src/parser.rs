//! The YAML parser, with limits on depth and size, because documents come from users and operators.

use serde::de::DeserializeSeed;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Options, UserMessageFormatter};

/// The maximum depth of nesting. A rule needs five levels, an app's definition about fifteen.
pub const DEEPEST: usize = 32;

/// Parses a text. A plain word is a number or a boolean if it is one in YAML 1.2, and otherwise text.
pub fn read<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |reader| seed.deserialize(reader))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            // Every rule may use the same anchor. [`expanded_size`](crate::expanded_size) bounds the size of the expansion.
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

/// The error message for the author of the document.
pub fn message(error: &Error) -> String {
    match error {
        Error::Budget { .. } => {
            format!("it is nested more than {DEEPEST} deep, or has too many values or aliases: simplify it")
        }
        error => error.render_with_formatter(&UserMessageFormatter),
    }
}

/// The line of an error.
pub fn line(error: &Error) -> Option<usize> {
    usize::try_from(error.location()?.line()).ok()
}
