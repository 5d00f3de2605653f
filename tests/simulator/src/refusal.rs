//! The errors of the engine's operations: which pass by themselves, and which refuse what was asked.
//!
//! A refusal that [`EXPECTED`] does not name breaks the history: otherwise, a step that the engine never accepts would
//! test nothing, without a notice.

use domain::connector_rpc::RpcError;
use domain::lint::{Code, Finding, Severity};
use operations::actions::RetryError;
use operations::buyers::EraseError;
use operations::connectors::ConnectorError;
use operations::facts::BusError;
use operations::fleet::FleetError;
use operations::integrations::{ConnectError, SaveError};
use operations::redrive::RedriveError;
use operations::replays::{ReplayError, Why};
use operations::rules::RuleError;

/// An error of an operation.
pub(crate) trait Refuses {
    /// The error's name, and whether the engine refuses the request: repeating it does not help.
    fn refusal(&self) -> (&'static str, bool);
}

/// A row for each variant of each error.
macro_rules! errors {
    ($($kind:ty, $all:ident { $($pattern:pat => $how:ident $text:literal,)+ })+) => {
        $(
            impl Refuses for $kind {
                fn refusal(&self) -> (&'static str, bool) {
                    match self { $($pattern => ($text, errors!($how)),)+ }
                }
            }

            const $all: &[&str] = &[$($text),+];
        )+
    };
    (passes) => { false };
    (refuses) => { true };
}

errors! {
    BusError, BUS {
        BusError::Unavailable(_) => passes "bus unavailable",
        BusError::Refused { .. } => passes "bus: entry failed",
    }
    FleetError, FLEET {
        FleetError::Store(_) => passes "fleet: table",
        FleetError::Queue(_) => passes "fleet: queue",
    }
    SaveError, SAVE {
        SaveError::Changed => passes "account changed by another request",
        SaveError::Store(_) => passes "account: table",
        SaveError::LabelTaken(_) => refuses "account: label taken",
    }
    ConnectError, CONNECT {
        ConnectError::Save(SaveError::LabelTaken(_)) => refuses "connect: label taken",
        ConnectError::Save(_) => passes "connect: not saved",
        ConnectError::Store(_) => passes "connect: table",
        ConnectError::Vault(_) => passes "connect: vault",
        ConnectError::Connector(ConnectorError::NotDeployed(_)) => refuses "connect: not deployed",
        ConnectError::Connector(_) => passes "connect: connector",
        ConnectError::Refused(RpcError::Later { .. }) => passes "connect: later",
        ConnectError::Refused(RpcError::Credentials { .. }) => refuses "connect: app refuses credentials",
        ConnectError::Refused(RpcError::Rejected { .. }) => refuses "connect: app rejects",
        ConnectError::Label => refuses "connect: label",
        ConnectError::Taken { .. } => refuses "connect: taken",
        ConnectError::Full => refuses "connect: full",
        ConnectError::Gone => refuses "connect: gone",
        ConnectError::OtherApp { .. } => refuses "connect: other app",
        ConnectError::NoManifest(_) => refuses "connect: no manifest",
        ConnectError::Method { .. } => refuses "connect: method",
        ConnectError::Credentials(_) => refuses "connect: credentials",
    }
    ReplayError, REPLAY {
        ReplayError::Store(_) => passes "replay: table",
        ReplayError::Queue(_) => passes "replay: queue",
    }
    RetryError, RETRY {
        RetryError::Replay(_) => passes "retry: table or queue",
        RetryError::Unknown(_) => refuses "retry: unknown",
        RetryError::Gone(_, Why::Changed) => refuses "retry: rule changed",
        RetryError::Gone(_, Why::Deleted) => refuses "retry: rule deleted",
        RetryError::Superseded(..) => refuses "retry: superseded",
        RetryError::Test(_) => refuses "retry: test",
    }
    EraseError, ERASE {
        EraseError::Store(_) => passes "erase: table",
        EraseError::Schedule(_) => passes "erase: schedule",
    }
    RedriveError, REDRIVE {
        RedriveError::Queue(_) => passes "redrive: queue",
        RedriveError::Bus(_) => passes "redrive: bus",
        RedriveError::Prospects(_) => passes "redrive: prospects",
        RedriveError::Record(_) => refuses "redrive: record",
    }
}

impl Refuses for RuleError {
    fn refusal(&self) -> (&'static str, bool) {
        match self {
            Self::Store(_) => (RULE[0], false),
            Self::Changed => (RULE[1], false),
            Self::Unknown => (RULE[2], true),
            Self::Full(_) => (RULE[3], true),
            Self::Invalid(findings) => {
                let error = |finding: &&Finding| finding.severity == Severity::Error;
                match findings.iter().find(error).map(|finding| finding.code) {
                    Some(Code::IntegrationMissing) => (RULE[4], true),
                    _ => (RULE[5], true),
                }
            }
        }
    }
}

const RULE: &[&str] = &[
    "rule: table",
    "rule: changed by another request",
    "rule: unknown",
    "rule: full",
    "rule: its account does not exist",
    "rule: not valid",
];

/// The names of all errors.
pub(crate) const ALL: &[&[&str]] = &[BUS, FLEET, SAVE, CONNECT, REPLAY, RETRY, ERASE, REDRIVE, RULE];

/// The refusals that a history may have, and the steps that cause them.
const EXPECTED: &[(&str, &str)] = &[
    ("connect: app refuses credentials", "a phase in which the app refuses credentials"),
    ("connect: app rejects", "a phase in which the app rejects every request"),
    ("rule: its account does not exist", "an account that was deleted"),
    ("retry: unknown", "a buyer who was erased"),
    ("retry: rule changed", "a rule that was edited"),
    ("retry: superseded", "a newer fact"),
];

/// Whether a history may have this refusal.
pub(crate) fn is_expected(name: &str) -> bool {
    EXPECTED.iter().any(|(expected, _)| *expected == name)
}
