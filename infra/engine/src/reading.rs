//! The options that commands which read share.

use jiff::Timestamp;

use crate::since::{Backwards, Since, span};

/// The output format.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Format {
    /// Print JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The length and the format of a list, which has `MOST` results by default.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct List<const MOST: usize> {
    /// The maximum number of results
    #[arg(long, value_name = "N", default_value_t = MOST)]
    limit: usize,
    #[command(flatten)]
    format: Format,
}

/// The time range, the length and the format of a list.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Reading<const MOST: usize> {
    /// Only results since: 7d, 12h, 30m, or a time. Events and actions have the time of their fact
    #[arg(long)]
    since: Option<Since>,
    /// Only results before: 7d, 12h, 30m, or a time
    #[arg(long)]
    until: Option<Since>,
    #[command(flatten)]
    list: List<MOST>,
}

impl<const MOST: usize> List<MOST> {
    /// The maximum number of results, at least 1.
    pub(crate) fn most(&self) -> usize {
        self.limit.max(1)
    }

    /// Whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.format.json
    }
}

impl<const MOST: usize> Reading<MOST> {
    /// The maximum number of results, at least 1.
    pub(crate) fn most(&self) -> usize {
        self.list.most()
    }

    /// Whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.list.json()
    }

    /// The time range, without the bounds that are not given.
    pub(crate) fn span(&self, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>), Backwards> {
        span(self.since, self.until, now)
    }
}
