//! Characters that a reader does not see: blanks, and format characters such as the zero width space, which pasted text
//! often contains.

/// Whether a character has no width and no meaning of its own: joiners, direction marks, soft hyphens, the byte order
/// mark.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Whether a text has a control character or an invisible one. Names that people give have none: a direction mark can
/// make a name look like another.
pub fn has_unprintable(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Whether a text has no visible character.
pub fn is_blank(text: &str) -> bool {
    trimmed(text).is_empty()
}

/// The text without blanks and invisible characters at its ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// An e-mail address without blanks at its ends and without invisible characters anywhere.
pub fn address(text: &str) -> String {
    trimmed(text).chars().filter(|c| !is_invisible(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank() {
        for blank in ["", " ", "\t\r\n", "\u{a0}\u{3000}", "\u{200b}", "\u{feff} \u{2060}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        assert!(!is_blank(" . "));
    }

    #[test]
    fn only_an_address_loses_invisible_characters_inside() {
        let pasted = " \u{200b}ada\u{ad}@exam\u{200d}ple.com\u{200f}\n";
        assert_eq!(address(pasted), "ada@example.com");
        assert_eq!(trimmed(pasted), "ada\u{ad}@exam\u{200d}ple.com");
    }
}
