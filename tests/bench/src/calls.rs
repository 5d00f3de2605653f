//! The proxy's counts.
use serde::Deserialize;
use stack::Engine;

/// One row of `GET /_counts`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Row {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) item: String,
    pub(crate) calls: f64,
    pub(crate) entries: f64,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
}

/// All rows.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Calls {
    counts: Vec<Row>,
}

impl Calls {
    /// The counts since the proxy's last reset.
    pub(crate) async fn counted(engine: &Engine) -> Self {
        serde_json::from_value(engine.counts().await).expect("the proxy's counts")
    }

    /// The rows of one service.
    pub(crate) fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Row> {
        self.counts.iter().filter(move |row| row.service == service)
    }

    /// The rows of one operation.
    pub(crate) fn with<'a>(&'a self, service: &'a str, operation: &'a str) -> impl Iterator<Item = &'a Row> {
        self.of(service).filter(move |row| row.operation == operation)
    }
}

/// The sum of all amounts. The standard library's sum of nothing is minus zero, which would be printed.
pub(crate) fn sum(amounts: impl Iterator<Item = f64>) -> f64 {
    amounts.fold(0.0, |sum, amount| sum + amount)
}
