//! The capacity that calls consume.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use serde::{Deserialize, Serialize};

/// Whether a call wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Reported {
    None,
    Total,
    Indexes,
}

/// The capacity of a call, its indexes included.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Capacity {
    table_name: String,
    capacity_units: f64,
}

impl Capacity {
    pub(super) fn report(wanted: Option<Reported>, table: &str, capacity_units: f64) -> Option<Self> {
        match wanted {
            None | Some(Reported::None) => None,
            Some(Reported::Total | Reported::Indexes) => {
                Some(Self { table_name: table.to_owned(), capacity_units })
            }
        }
    }
}

/// A read of so many bytes.
#[expect(clippy::cast_precision_loss, reason = "a call reads at most a megabyte")]
pub(super) fn read(bytes: usize, consistent: bool) -> f64 {
    let units = bytes.div_ceil(4096).max(1) as f64;
    if consistent { units } else { units / 2.0 }
}

/// A write that changes an item of so many bytes into one of so many.
#[expect(clippy::cast_precision_loss, reason = "an item has at most 400 kilobytes")]
pub(super) fn write(before: usize, after: usize) -> f64 {
    before.max(after).div_ceil(1024).max(1) as f64
}
