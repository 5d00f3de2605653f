//! The coverage of histories: statuses, verdicts, outcomes, errors and metrics. Every variant has a row, which the compiler
//! checks, so a new variant is reached, listed in [`UNREACHED`], or fails the test.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use connector::http::Cause;
use domain::integration::Connection;
use domain::log::{Status, Timer};
use domain::outcome::{Outcome, Setback};
use domain::verdict::{Missing, Verdict};
use operations::actions::Retried;
use runtime::metrics::Metric;

use crate::refusal;

/// The names that were reached. Copies share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reached(Arc<Mutex<BTreeSet<&'static str>>>);

impl Reached {
    pub(crate) fn add(&self, name: &'static str) {
        self.extend([name]);
    }

    pub(crate) fn extend(&self, names: impl IntoIterator<Item = &'static str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }

    pub(crate) fn all(&self) -> BTreeSet<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The name of each variant of a type, and all names.
macro_rules! rows {
    ($(#[$doc:meta])* $name:ident, $all:ident, $kind:ty, { $($pattern:pat => $text:literal,)+ }) => {
        $(#[$doc])*
        pub(crate) fn $name(value: &$kind) -> &'static str {
            match value { $($pattern => $text,)+ }
        }

        const $all: &[&str] = &[$($text),+];
    };
}

rows!(
    /// The name of a verdict.
    verdict, VERDICTS, Verdict, {
        Verdict::Fired { .. } => "verdict fired",
        Verdict::Disabled => "verdict disabled",
        Verdict::OtherProducts => "verdict other_products",
        Verdict::ConditionFailed { .. } => "verdict condition_failed",
        Verdict::Duplicate { .. } => "verdict duplicate",
        Verdict::Superseded { .. } => "verdict superseded",
        Verdict::NotOffered { missing: Missing::App, .. } => "verdict not_offered: app",
        Verdict::NotOffered { missing: Missing::Action, .. } => "verdict not_offered: action",
        Verdict::NotOffered { missing: Missing::Trigger, .. } => "verdict not_offered: trigger",
    }
);

rows!(
    /// The name of a connector's outcome.
    outcome, OUTCOMES, Outcome, {
        Outcome::Done { note: None } => "outcome done",
        Outcome::Done { note: Some(_) } => "outcome done, with a note",
        Outcome::AlreadySo { .. } => "outcome already so",
        Outcome::Failed(Setback::Transient { .. }) => "outcome transient",
        Outcome::Failed(Setback::PreconditionMissing { .. }) => "outcome precondition missing",
        Outcome::Failed(Setback::RateLimited { .. }) => "outcome rate limited",
        Outcome::Failed(Setback::ReconnectNeeded { .. }) => "outcome reconnect needed",
        Outcome::Failed(Setback::Rejected { .. }) => "outcome rejected",
    }
);

rows!(
    /// The name of the cause of a request without a usable response.
    cause, CAUSES, Cause, {
        Cause::UnknownHost(_) => "cause unknown host",
        Cause::Unreachable(_) => "cause unreachable",
        Cause::Timeout(_) => "cause timeout",
        Cause::Interrupted(_) => "cause interrupted",
        Cause::Insecure(_) => "cause insecure",
        Cause::Unreadable { .. } => "cause unreadable",
        Cause::TooLarge(_) => "cause too large",
        Cause::RefusedAddress(_) => "cause refused address",
        Cause::InvalidPath(_) => "cause invalid path",
        Cause::InvalidRequest(_) => "cause invalid request",
        Cause::NotReading(_) => "cause not reading",
    }
);

rows!(
    /// The name of an account's state.
    connection, CONNECTIONS, Connection, {
        Connection::Connected => "account connected",
        Connection::NeedsReconnect { .. } => "account needs reconnect",
    }
);

rows!(
    /// The name of the state of a prospect's wait.
    timer, TIMERS, Timer, {
        Timer::Waiting { .. } => "timer waiting",
        Timer::Joined { .. } => "timer joined",
        Timer::Fired { .. } => "timer fired",
        Timer::Bought { .. } => "timer bought",
    }
);

rows!(
    /// The name of a retry's result.
    retried, RETRIED, Retried, {
        Retried::Sent => "retried: sent",
        Retried::Hastened => "retried: hastened",
        Retried::TookEffect => "retried: took effect",
        Retried::UnderWay => "retried: under way",
        Retried::LeftAlone(_) => "retried: left alone",
        Retried::Held(_) => "retried: held",
    }
);

/// Everything that can be reached.
#[must_use]
pub fn all() -> BTreeSet<&'static str> {
    let lists = [VERDICTS, OUTCOMES, CAUSES, CONNECTIONS, TIMERS, RETRIED];
    let mut all: BTreeSet<_> = lists.into_iter().flatten().copied().collect();
    all.extend(Status::ALL.iter().map(|status| status.key()));
    all.extend(Metric::all().map(Metric::name));
    all.extend(refusal::ALL.iter().flat_map(|errors| errors.iter().copied()));
    all
}

/// The names that were not reached, and are not listed as such.
#[must_use]
pub fn missing(reached: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let is_listed = |name: &str| UNREACHED.iter().chain(RARE).any(|(listed, _)| *listed == name);
    all().into_iter().filter(|name| !reached.contains(name) && !is_listed(name)).collect()
}

/// The names that only some histories reach, with the reason.
const RARE: &[(&str, &str)] = &[
    ("bus unavailable", "the SDK repeats a call, so that few calls of an operator fail"),
    ("fleet: table", "the same"),
    ("fleet: queue", "the same"),
    ("account: table", "the same"),
    ("connect: not saved", "the same"),
    ("connect: table", "the same"),
    ("connect: vault", "the same"),
    ("connect: connector", "the same"),
    ("retry: superseded", "an operator retries one action of many"),
    ("retry: unknown", "an operator retries one action of many"),
    ("replay: table", "the SDK repeats a call"),
    ("replay: queue", "the same"),
    ("retry: table or queue", "the same"),
    ("erase: table", "the same"),
    ("erase: schedule", "the same"),
    ("redrive: queue", "the same"),
    ("redrive: bus", "the same"),
    ("redrive: prospects", "the same"),
    ("rule: table", "the same"),
];

/// The names that no history reaches, with the reason.
pub const UNREACHED: &[(&str, &str)] = &[
    ("verdict not_offered: app", "no deployment lacks an app of a rule"),
    ("verdict not_offered: action", "no deployment lacks an action of a rule"),
    ("verdict not_offered: trigger", "the engine refuses such a rule"),
    ("outcome precondition missing", "no action requires another one"),
    ("cause unknown host", "reqwest makes this error only with a socket"),
    ("cause unreachable", "reqwest makes this error only with a socket"),
    ("cause insecure", "reqwest makes this error only with a socket"),
    ("cause too large", "no app answers with more than 8 MB"),
    ("cause refused address", "the address of the webhook is a public one"),
    ("cause not reading", "no operator compares what an app holds"),
    ("cause invalid path", "no id of a rule has a slash or a dot only"),
    ("cause invalid request", "no credential has a line break"),
    ("timer waiting", "a history ends when every prospect's wait has ended"),
    ("account changed by another request", "one operator acts at a time"),
    ("account: label taken", "each account has its own label"),
    ("connect: label taken", "each account has its own label"),
    ("connect: label", "every label is valid"),
    ("connect: taken", "each account has its own label"),
    ("connect: full", "a merchant has four accounts"),
    ("connect: gone", "one operator acts at a time"),
    ("connect: other app", "each account keeps its app"),
    ("connect: not deployed", "every app is deployed"),
    ("connect: no manifest", "every app has a manifest"),
    ("connect: method", "every method is one of the app's"),
    ("connect: credentials", "every credential has its app's form"),
    ("retry: rule deleted", "no rule is deleted"),
    ("retry: test", "no rule is tried"),
    ("redrive: record", "no message is discarded"),
    ("rule: changed by another request", "one operator acts at a time"),
    ("rule: unknown", "no rule is deleted"),
    ("rule: full", "a merchant has at most twenty rules"),
    ("rule: not valid", "every rule is valid, and a refusal is a violation"),
    ("Poison", "the engine sent every message"),
    ("Panics", "a connector that panics is a defect, and a violation"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_reached_exists_and_has_a_reason() {
        let all = all();
        for (name, why) in UNREACHED {
            assert!(all.contains(name) && !why.is_empty(), "{name}");
        }
    }
}
