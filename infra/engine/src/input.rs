//! Files and standard input: text in UTF-8, and JSON of a shape, each mistake in words of its own.

use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

/// A file, or standard input, that is not what a command needs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// It cannot be opened.
    #[error("{name} cannot be read")]
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds other bytes than text.
    #[error("{0} is not written in UTF-8: save it in that encoding")]
    NotUtf8(String),
    /// It holds nothing.
    #[error("{0} is empty")]
    Empty(String),
    /// It is not JSON.
    #[error("{name}:{line}:{column}: this is not valid JSON")]
    NotJson {
        /// The file.
        name: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It is JSON of another shape.
    #[error("{name}: {problem}")]
    Shape {
        /// The file.
        name: String,
        /// What is wrong, and the way out.
        problem: String,
    },
}

/// A file's text.
pub(crate) fn file(path: &Path) -> Result<String, InputError> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => text(&name, bytes),
        Err(source) => Err(InputError::Unreadable { name, source }),
    }
}

/// The text on standard input.
pub(crate) fn standard() -> Result<String, InputError> {
    let (name, mut bytes) = ("standard input", Vec::new());
    match io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => text(name, bytes),
        Err(source) => Err(InputError::Unreadable { name: name.to_owned(), source }),
    }
}

/// Text without the mark that some editors write before it.
fn text(name: &str, bytes: Vec<u8>) -> Result<String, InputError> {
    let mut text = String::from_utf8(bytes).map_err(|_| InputError::NotUtf8(name.to_owned()))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.trim().is_empty() { Err(InputError::Empty(name.to_owned())) } else { Ok(text) }
}

/// A file's JSON.
pub(crate) fn json(path: &Path) -> Result<Value, InputError> {
    let name = path.display().to_string();
    serde_json::from_str(&file(path)?).map_err(|error| InputError::NotJson {
        name,
        line: error.line(),
        column: error.column(),
    })
}

/// "a list", "text": a JSON value as people call it.
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
