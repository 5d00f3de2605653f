//! Files and standard input: UTF-8 text and JSON, with a message for each kind of error.

use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

/// The reason why a file, or standard input, cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The file cannot be opened.
    #[error("{name} cannot be read")]
    Unreadable {
        /// The file.
        name: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The content is not UTF-8.
    #[error("{0} is not written in UTF-8: save it in that encoding")]
    NotUtf8(String),
    /// The content is empty.
    #[error("{0} is empty")]
    Empty(String),
    /// The content is not JSON.
    #[error("{name}:{line}:{column}: this is not valid JSON")]
    NotJson {
        /// The file.
        name: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// The content is JSON with another structure.
    #[error("{name}: {problem}")]
    Shape {
        /// The file.
        name: String,
        /// The error, and how to correct it.
        problem: String,
    },
}

/// Reads a text file.
pub(crate) fn file(path: &Path) -> Result<String, InputError> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => text(&name, bytes),
        Err(source) => Err(InputError::Unreadable { name, source }),
    }
}

/// Reads the text on standard input.
pub(crate) fn standard() -> Result<String, InputError> {
    let (name, mut bytes) = ("standard input", Vec::new());
    match io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => text(name, bytes),
        Err(source) => Err(InputError::Unreadable { name: name.to_owned(), source }),
    }
}

/// Decodes text without the byte order mark that some editors write.
fn text(name: &str, bytes: Vec<u8>) -> Result<String, InputError> {
    let mut text = String::from_utf8(bytes).map_err(|_| InputError::NotUtf8(name.to_owned()))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.trim().is_empty() { Err(InputError::Empty(name.to_owned())) } else { Ok(text) }
}

/// Reads a JSON file.
pub(crate) fn json(path: &Path) -> Result<Value, InputError> {
    let name = path.display().to_string();
    serde_json::from_str(&file(path)?).map_err(|error| InputError::NotJson {
        name,
        line: error.line(),
        column: error.column(),
    })
}

/// The type of a JSON value, for messages: "a list", "text".
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        text("rules.yaml", bytes.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn text_is_utf8_and_not_empty_and_a_byte_order_mark_is_not_part_of_it() {
        assert_eq!(read(b"\xef\xbb\xbfrules: []").unwrap(), "rules: []");
        for empty in [&b""[..], b" \n", b"\xef\xbb\xbf"] {
            assert_eq!(read(empty).unwrap_err(), "rules.yaml is empty");
        }
        for other in [&b"Caf\xe9"[..], b"\xff\xfer\0u\0"] {
            assert_eq!(
                read(other).unwrap_err(),
                "rules.yaml is not written in UTF-8: save it in that encoding"
            );
        }
    }
}
