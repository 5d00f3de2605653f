//! The result of one history: what broke, what happened, and what was reached.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// The kind of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Over the in-memory twin of the store: about a third of a millisecond.
    Short,
    /// The shipped functions over the AWS in memory, through the SDK: about half a second.
    Long,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "short",
            Self::Long => "long",
        })
    }
}

/// The result of running a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// The invariant that does not hold, in words; `None`: all hold.
    pub violation: Option<String>,
    /// The events in order, if the run was traced.
    pub timeline: Vec<String>,
    /// The time that passed in the history.
    pub simulated: Duration,
    /// The outcomes, verdicts and statuses that were reached.
    pub reached: BTreeSet<&'static str>,
}

impl Run {
    /// Whether every invariant holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.violation.is_none()
    }
}

/// A seed whose history breaks an invariant, with the shortest history that still does.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The kind of its history.
    pub kind: Kind,
    /// The number of steps of its history, and of the shortest.
    pub steps: (usize, usize),
    /// The run of the shortest history.
    pub run: Run,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, shortest) = self.steps;
        writeln!(
            f,
            "seed {}, its {} history: {}",
            self.seed,
            self.kind,
            self.run.violation.as_deref().unwrap_or("every invariant holds")
        )?;
        writeln!(f, "the shortest history that shows it, {shortest} of {all} steps:")?;
        for line in &self.run.timeline {
            writeln!(f, "  {line}")?;
        }
        write!(f, "repeat it with: make soak SEED={}", self.seed)
    }
}
