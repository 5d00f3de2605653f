//! The CPU time and the memory of the stack's processes: the functions, and local AWS.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use stack::project;

use crate::machine::first;

/// The folder of the stack, in `.local`.
pub(crate) const FOLDER: &str = "bench";
/// Clock ticks in a second: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>. Linux has 100 on every
/// architecture of Lambda.
const TICKS: f64 = 100.0;

/// The stack's processes at a time.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    /// Seconds of CPU, by process.
    functions: BTreeMap<u32, f64>,
    local_aws: f64,
    /// The largest resident set of each function, in MB, by handler.
    pub(crate) megabytes: BTreeMap<String, f64>,
}

impl Processes {
    /// The processes of the stack in this folder of `.local`.
    pub(crate) fn of(folder: &str) -> Self {
        let project = project().canonicalize().expect("the project's folder");
        let (functions, local) =
            (project.join(".local").join(folder), project.join(".local/venv/bin/ministack"));
        let mut found = Self::default();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let path = process.path();
            let Some(id) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else { continue };
            let text = |file: &str| {
                fs::read(path.join(file))
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                    .unwrap_or_default()
            };
            if fs::read_link(path.join("exe")).is_ok_and(|binary| binary.starts_with(&functions)) {
                found.functions.insert(id, seconds(&path));
                let environment = text("environ");
                let handler = environment.split('\0').find_map(|variable| variable.strip_prefix("_HANDLER="));
                let memory = first(&path.join("status").display().to_string(), "VmHWM");
                let kilobytes = memory.and_then(|memory| memory.trim_end_matches(" kB").parse::<f64>().ok());
                if let (Some(handler), Some(kilobytes)) = (handler, kilobytes) {
                    let most = found.megabytes.entry(handler.to_owned()).or_default();
                    *most = most.max(kilobytes / 1000.0);
                }
            } else if text("cmdline").split('\0').any(|part| Path::new(part) == local) {
                found.local_aws += seconds(&path);
            }
        }
        found
    }

    /// The seconds of CPU since then, of the functions and of local AWS. A function's process that has ended since is left
    /// out.
    pub(crate) fn since(&self, before: &Self) -> [f64; 2] {
        let own =
            |(id, seconds): (&u32, &f64)| seconds - before.functions.get(id).copied().unwrap_or_default();
        [self.functions.iter().map(own).sum(), self.local_aws - before.local_aws]
    }
}

/// The CPU time of a process, in seconds.
fn seconds(process: &Path) -> f64 {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    // The name, in parentheses, may have blanks. User time and system time are the 12th and the 13th field after it.
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
    fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}
