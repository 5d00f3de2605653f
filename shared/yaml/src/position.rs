//! Positions in a document.

use std::fmt;

use serde_saphyr::Location;

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
}

impl Position {
    /// The position that the parser gives.
    pub fn of(location: &Location) -> Option<Self> {
        let [line, column] = [location.line(), location.column()].map(usize::try_from);
        Some(Self { line: line.ok()?, column: column.ok()? })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
