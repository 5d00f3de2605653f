//! Error messages: the error and its causes in plain words, of limited length.

use std::error::Error;
use std::io::{self, Write};

use url::Url;

/// The maximum length of a line, because a message can quote a value of any length.
const LONGEST_LINE: usize = 1000;
/// Messages of AWS's SDK and its HTTP client that only wrap a cause.
const EMPTY_WORDS: [&str; 6] = [
    "dispatch failure",
    "service error",
    "unhandled error",
    "io error",
    "client error",
    "error sending request",
];

/// Writes an error and its causes, one per line; a cause that adds nothing is omitted. `local`: the URL of local AWS,
/// if the deployment is there.
pub(crate) fn write(
    error: &(dyn Error + 'static),
    local: Option<&Url>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut said = error.to_string();
    writeln!(out, "error: {}", cut(&said))?;
    if let (Some(address), true) = (local, is(error, io::ErrorKind::ConnectionRefused)) {
        let address = address.as_str().trim_end_matches('/');
        return writeln!(out, "  because: nothing listens on {address}; start local AWS with `make run`");
    }
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) && !EMPTY_WORDS.iter().any(|words| text.starts_with(words)) {
            writeln!(out, "  because: {}", cut(&text))?;
            said = text;
        }
        next = cause.source();
    }
    Ok(())
}

/// Whether an error, or one of its causes, is an I/O error of this kind.
pub(crate) fn is(error: &(dyn Error + 'static), kind: io::ErrorKind) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == kind) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Truncates long lines.
pub(crate) fn cut(text: &str) -> String {
    let line = |line: &str| match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}… ({} characters)", &line[..end], line.chars().count()),
        None => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Box<dyn Error + Send + Sync>);

    fn written(error: &(dyn Error + 'static), local: Option<&str>) -> String {
        let mut out = Vec::new();
        write(error, local.map(|url| url.parse().unwrap()).as_ref(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn layered(layers: &[&'static str], innermost: io::Error) -> Layer {
        let (first, rest) = layers.split_first().unwrap();
        if rest.is_empty() {
            Layer(first, innermost.into())
        } else {
            Layer(first, layered(rest, innermost).into())
        }
    }

    #[test]
    fn causes_are_told_once_and_empty_words_not_at_all() {
        let error =
            layered(&["the log cannot be read", "service error", "the log"], io::Error::other("Denied: no."));
        assert_eq!(written(&error, None), "error: the log cannot be read\n  because: Denied: no.\n");
    }

    #[test]
    fn where_nothing_listens_on_this_machine_the_address_and_the_remedy_are_said() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = layered(
            &["the log cannot be read", "dispatch failure", "io error", "tcp connect error"],
            refused(),
        );
        assert_eq!(
            written(&error, Some("http://127.0.0.1:4566/")),
            "error: the log cannot be read\n  because: nothing listens on http://127.0.0.1:4566; start local AWS with \
             `make run`\n"
        );
        assert!(!written(&error, None).contains("make run"));
    }

    #[test]
    fn a_value_of_any_length_is_not_quoted_whole() {
        let text = format!("first\n{}", "é".repeat(530_000));
        let cut = cut(&text);
        assert!(cut.starts_with("first\néé") && cut.ends_with("… (530000 characters)"), "{}", cut.len());
        assert!(cut.chars().count() < 1100);
    }
}
