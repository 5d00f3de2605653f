//! The tokens of expressions.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name, a keyword or a function.
    Word(&'a str),
    /// `#name`
    Name(&'a str),
    /// `:value`
    Value(&'a str),
    /// The digits of an index.
    Digits(&'a str),
    /// An operator or punctuation.
    Symbol(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn text(&self) -> &'a str {
        match self {
            Self::Word(text)
            | Self::Name(text)
            | Self::Value(text)
            | Self::Digits(text)
            | Self::Symbol(text) => text,
        }
    }
}

const SYMBOLS: [&str; 16] =
    ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-", "*", "/"];

/// The tokens of a text, or the text from which on there is none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, &str> {
    let mut found = Vec::with_capacity(16);
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |from: &str| {
            from.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
        };
        let (token, length) = match first {
            '#' | ':' => {
                let length = 1 + word(&rest[1..]);
                let text = &rest[..length];
                (if first == '#' { Token::Name(text) } else { Token::Value(text) }, length)
            }
            '0'..='9' => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                (Token::Digits(&rest[..length]), length)
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = word(rest);
                (Token::Word(&rest[..length]), length)
            }
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).ok_or(rest)?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        if length == 1 && matches!(token, Token::Name(_) | Token::Value(_)) {
            return Err(rest);
        }
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}
