//! The errors of a rules document.

use std::fmt;

use yaml::Step;

/// An error of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path in the document.
    pub path: Vec<Step>,
    /// The error, and how to correct it.
    pub message: String,
}

impl Problem {
    /// The path as a JSON pointer.
    pub fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        };
        self.path.iter().map(step).collect()
    }
}

/// An error with its position in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The path as a JSON pointer.
    pub field: String,
    /// The file name, the line and the column.
    pub place: String,
    /// The error, and how to correct it.
    pub message: String,
}

/// The errors of a document, one per line.
#[derive(Debug)]
pub struct Problems(pub Vec<Located>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "the file has an error\n  {}: {}", one.place, one.message),
            several => {
                write!(f, "the file has {} errors", several.len())?;
                several.iter().try_for_each(|one| write!(f, "\n  {}: {}", one.place, one.message))
            }
        }
    }
}

impl std::error::Error for Problems {}
