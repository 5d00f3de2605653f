//! Texts of callers, as error messages quote them.

/// The most characters of a text that a message quotes.
const LONGEST: usize = 80;

/// The text, or its beginning: a caller may send megabytes.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(short("VIP"), "VIP");
        assert_eq!(short(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(short(&"ü".repeat(81)), "ü".repeat(80) + "…");
    }
}
