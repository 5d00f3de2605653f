//! Mistakes of a rules document.

use std::fmt;

use super::locate::Step;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the document.
    pub path: Vec<Step>,
    /// What is wrong, and the way out.
    pub message: String,
}

impl Problem {
    /// Where in the document, as a JSON pointer.
    pub fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        };
        self.path.iter().map(step).collect()
    }
}

/// A mistake, found in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its place as a JSON pointer.
    pub field: String,
    /// Document and line.
    pub place: String,
    /// What is wrong, and the way out.
    pub message: String,
}

/// All mistakes of a document, a line each.
#[derive(Debug)]
pub struct Problems(pub Vec<Located>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "the file has a mistake\n  {}: {}", one.place, one.message),
            several => {
                write!(f, "the file has {} mistakes", several.len())?;
                several.iter().try_for_each(|one| write!(f, "\n  {}: {}", one.place, one.message))
            }
        }
    }
}

impl std::error::Error for Problems {}
