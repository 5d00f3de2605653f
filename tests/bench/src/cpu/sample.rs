//! A process at a time.
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A process at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Instant,
    /// The time that its threads have run.
    pub(super) cpu: Duration,
}

impl Sample {
    /// The process now. <https://docs.kernel.org/scheduler/sched-stats.html>
    pub(super) fn of(pid: u32) -> Self {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let ran = |thread: PathBuf| -> Option<u64> {
            fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
        };
        let nanoseconds = threads.filter_map(|thread| ran(thread.path())).sum();
        Self { at: Instant::now(), cpu: Duration::from_nanos(nanoseconds) }
    }
}
