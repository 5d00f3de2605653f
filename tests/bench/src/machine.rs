//! The machine of the run.
use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor, cores, memory and system, as reported by the system.
pub(crate) fn machine() -> String {
    let processor = first("/proc/cpuinfo", "model name").unwrap_or_else(|| "unnamed processor".to_owned());
    let cores = available_parallelism().map_or(1, usize::from);
    let kilobytes =
        first("/proc/meminfo", "MemTotal").and_then(|total| total.split(' ').next()?.parse::<u64>().ok());
    let memory = kilobytes.map_or_else(String::new, |total| format!(", {} GB", total / 1_000_000));
    format!("{processor}, {cores} cores{memory}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The value of the first line `name : value` of a file.
pub(crate) fn first(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The CPU time of this thread, which does not depend on other processes.
pub(crate) fn on_processor() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(used).expect("no thread has used less than no time")
}
