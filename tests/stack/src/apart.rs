//! Tests that start many functions at once run one at a time.

use std::fs::{File, TryLockError};
use std::time::Duration;

/// While this lives, no other such test runs on this machine, whichever test run it belongs to.
#[derive(Debug)]
#[must_use = "the next one starts when this is dropped"]
pub struct Apart {
    _lock: File,
}

/// Waits until no other heavy test runs.
pub async fn apart() -> Apart {
    let path = std::env::temp_dir().join("integration-engine-heavy-test.lock");
    let file = File::options().create(true).append(true).open(path).expect("a lock file");
    loop {
        match file.try_lock() {
            Ok(()) => return Apart { _lock: file },
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(TryLockError::Error(error)) => panic!("the lock file: {error}"),
        }
    }
}
