//! Tests that start many functions at once run one at a time.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::time::Duration;

use crate::engine::within;

/// The maximum time of such a test on a busy machine.
const TURN: Duration = Duration::from_mins(30);

/// While this exists, no other such test runs on this machine, in any test run.
#[derive(Debug)]
#[must_use = "the next one starts when this is dropped"]
pub struct Apart {
    _lock: File,
}

/// Waits until no other such test runs, and fails with the name of a test that does not end.
pub async fn apart() -> Apart {
    let path = std::env::temp_dir().join("integration-engine-heavy-test.lock");
    let mut file = File::options().create(true).append(true).open(&path).expect("a lock file");
    let holder = || std::fs::read_to_string(&path).expect("the lock file");
    loop {
        let before = holder();
        let turn = async || match file.try_lock() {
            Ok(()) => Some(true),
            Err(TryLockError::WouldBlock) => (holder() != before).then_some(false),
            Err(TryLockError::Error(error)) => panic!("the lock file: {error}"),
        };
        if within(TURN, &format!("the end of {before}"), turn).await {
            break;
        }
    }
    let thread = std::thread::current();
    let (test, process) = (thread.name().unwrap_or("a test"), std::process::id());
    file.set_len(0).and_then(|()| write!(file, "{test} in process {process}")).expect("the lock file");
    Apart { _lock: file }
}
