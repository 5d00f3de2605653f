//! Regular expressions of a definition.

use regex::{Error, Regex};

/// Why a regular expression cannot be used.
///
/// The binaries are built without the tables of Unicode's properties, and a build with more features has them. So `\p` is
/// refused here, and every build accepts the same expressions.
pub(super) fn problem(pattern: &str) -> Option<String> {
    if let Some(class) = property(pattern) {
        return Some(format!(
            "`{pattern}` has `{class}…`, a class of characters by a property of Unicode, which is not supported: list the \
             characters, such as `[A-Za-z]`, or write `\\w` for letters and digits of every script"
        ));
    }
    let why = match Regex::new(pattern) {
        Ok(_) => return None,
        Err(Error::CompiledTooBig(_)) => "it is too large: use smaller counts in `{…}`".to_owned(),
        // The last line of a syntax error is the cause; those before show the place.
        Err(error) => {
            error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    Some(format!("`{pattern}` is not a regular expression: {why}"))
}

/// The beginning of a class by property: `\p` or `\P`, unless its backslash is escaped.
fn property(pattern: &str) -> Option<String> {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\'
            && let Some(escaped @ ('p' | 'P')) = characters.next()
        {
            return Some(format!("\\{escaped}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_by_property_are_refused_in_every_build() {
        for pattern in [r"^\p{L}+$", r"^[\p{Greek}a]$", r"\PN", r"\\\p{Lu}"] {
            let told = problem(pattern).expect(pattern);
            assert!(told.starts_with(&format!("`{pattern}` has `\\")), "{told}");
            assert!(told.contains("which is not supported: list the characters"), "{told}");
        }
        for pattern in [r"^\\p{2}$", r"^\w+\s\d$", "(?i)^straße$", r"^[a-z0-9-]{1,40}$"] {
            assert_eq!(problem(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_text_that_is_no_regular_expression_is_told_with_its_cause() {
        for (pattern, cause) in [
            ("((", "unclosed group"),
            ("a(?=b)", "look-around"),
            ("[z-a]", "invalid character class range"),
            (r"(\w{500}){500}", "too large"),
        ] {
            let told = problem(pattern).expect(pattern);
            assert!(told.starts_with(&format!("`{pattern}` is not a regular expression: ")), "{told}");
            assert!(told.contains(cause) && !told.contains('\n'), "{told}");
        }
    }
}
