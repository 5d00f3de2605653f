//! The totals of forwarded calls.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::call::Call;
use crate::capacity::Units;

/// A forwarded call.
pub(crate) struct Passed {
    pub(crate) request_bytes: usize,
    pub(crate) response_bytes: usize,
    pub(crate) failed: bool,
    pub(crate) units: Units,
}

#[derive(Default)]
struct Row {
    calls: u64,
    entries: u64,
    failed: u64,
    faults: u64,
    request_bytes: usize,
    response_bytes: usize,
    units: Units,
}

/// A row for each service, operation and kind of item.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<(String, String, String), Row>>);

impl Counts {
    /// Adds a call that local AWS answered, whether or not its caller received the response.
    pub(crate) fn passed(&self, call: &Call, passed: Passed) {
        self.change(call, |row| {
            row.calls += 1;
            row.entries += call.entries();
            row.failed += u64::from(passed.failed);
            row.request_bytes += passed.request_bytes;
            row.response_bytes += passed.response_bytes;
            row.units.add(passed.units);
        });
    }

    /// Adds a call that a fault hit.
    pub(crate) fn hit(&self, call: &Call) {
        self.change(call, |row| row.faults += 1);
    }

    fn change(&self, call: &Call, change: impl FnOnce(&mut Row)) {
        let key = (call.service.clone(), call.operation.clone(), call.item.clone());
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    }

    pub(crate) fn show(&self) -> Value {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let show = |((service, operation, item), row): (&(String, String, String), &Row)| {
            json!({
                "service": service, "operation": operation, "item": item,
                "calls": row.calls, "entries": row.entries, "failed": row.failed, "faults": row.faults,
                "request_bytes": row.request_bytes, "response_bytes": row.response_bytes,
                "write_units": row.units.write, "read_units": row.units.read,
                "index_write_units": row.units.indexes, "unknown_writes": row.units.unknown,
            })
        };
        json!({ "counts": rows.iter().map(show).collect::<Vec<_>>() })
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
