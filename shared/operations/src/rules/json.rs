//! The errors of the JSON parser, in words for the author of a document.

use serde_json::Error;
use serde_json::error::Category;
use yaml::{Position, duplicate};

/// Words of the parser's messages, and the sentence for the author of the document. The first match counts.
const CAUSES: [(&str, &str); 13] = [
    ("recursion limit", "it is nested too deep: simplify it"),
    ("EOF", "the file ends too early: a quote, a `}` or a `]` is missing"),
    ("trailing comma", "a comma follows the last value: remove it"),
    ("trailing characters", "text follows the end of the document: remove it"),
    ("key must be a string", "the name of a field must be in double quotes"),
    (
        "control character",
        "a text contains a line break, a tab or another control character: write it as an escape such as `\\n`",
    ),
    ("escape", "a `\\` does not form a valid escape: write `\\\\` for one `\\`"),
    ("surrogate", "an escape `\\u…` is half a character: write both halves"),
    ("unicode code point", "a text is not valid UTF-8: save the file as UTF-8"),
    ("expected ident", "a word is not in double quotes: only `true`, `false` and `null` are written without"),
    (
        "invalid number",
        "a number is not complete, or begins with a zero: write it as text in double quotes, or correct it",
    ),
    ("number out of range", "a number is too large: write it as text in double quotes"),
    ("expected value", "a value is missing here, or is not in double quotes"),
];
/// The sentence for every other syntax error.
const OTHER: &str = "a `,`, a `:`, a `}` or a `]` is missing here";

/// The error message.
pub(super) fn message(error: &Error) -> String {
    let said = error.to_string();
    match error.classify() {
        Category::Data => {
            match said.strip_prefix("duplicate field `").and_then(|rest| rest.split_once('`')) {
                Some((field, _)) => duplicate(Some(field)),
                None => "a value is not of the type that its field needs".to_owned(),
            }
        }
        Category::Syntax | Category::Eof | Category::Io => CAUSES
            .iter()
            .find(|(word, _)| said.contains(word))
            .map_or(OTHER, |(_, sentence)| sentence)
            .to_owned(),
    }
}

/// The position of an error. The parser gives the position of the character before.
pub(super) fn position(error: &Error) -> Position {
    Position { line: error.line().max(1), column: error.column().max(1) }
}
