//! The functions' own log: one JSON object for each line, with the fields of its span.
//!
//! A line identifies its fact or job by ids. It never names a person, and quotes nothing that was published or stored:
//! a reader who is authorized for that data finds it by the ids.

use std::error::Error;
use std::fmt;
use std::panic::PanicHookInfo;

use domain::id::{EventId, MarketplaceId};
use domain::job::Job;
use domain::trigger::Trigger;
use tracing::field::{Empty, display};
use tracing::{Span, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// The log levels of other crates. The runtime's line for a failed invocation quotes the content of a panic or an
/// error; [`crate::run`] and [`report_panics`] log the same without it.
const OTHERS: &str = "aws_config=warn,hyper=warn,reqwest=warn,lambda_runtime::layers::panic=off";

/// Writes log lines of `level` and above to `out`.
pub fn subscriber<W>(level: &str, out: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // An `EnvFilter` would bring a compiler of regular expressions into every function.
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let others: Targets = OTHERS.parse().unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(out);
    tracing_subscriber::registry().with(others.with_default(level)).with(lines)
}

/// The span of an invocation; [`about_fact`] adds its fields. Its level is ERROR: at another one, the lines of a function
/// that logs errors only would have no ids.
pub(crate) fn invocation(request: &str) -> Span {
    tracing::error_span!("invocation", request, event = Empty, marketplace = Empty, trigger = Empty)
}

/// Adds the fact to the span of the invocation.
pub fn about_fact(event: &EventId, marketplace: &MarketplaceId, trigger: Trigger) {
    let span = Span::current();
    span.record("event", display(event));
    span.record("marketplace", display(marketplace));
    span.record("trigger", display(trigger));
}

/// The span of the work for one job, at the level ERROR as that of an invocation.
pub fn job(job: &Job) -> Span {
    tracing::error_span!(
        "job",
        event = %job.id.event,
        job = %job.id,
        marketplace = %job.marketplace,
        trigger = %job.trigger,
        app = %job.app,
        integration = %job.integration,
        action = job.action,
    )
}

/// An error with its causes, on one line: by default, JSON lines contain the outermost error only.
#[derive(Debug)]
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Logs panics where they occur, so that the line names the job. A formatted panic message may quote data, so it is
/// left out.
pub fn report_panics() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("panicked");
    tracing::error!(place, panic = message, "a panic: a defect of the engine");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use domain::id::FactKey;
    use serde_json::Value;
    use tracing::Instrument;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(doing: impl FnOnce()) -> Vec<Value> {
        logged_from("INFO", doing)
    }

    fn logged_from(level: &str, doing: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let out = lines.clone();
        tracing::subscriber::with_default(subscriber(level, move || out.clone()), doing);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn event() -> EventId {
        EventId::new(jiff::Timestamp::UNIX_EPOCH, "0123456789abcdef".parse().unwrap(), FactKey::of(&["1"]))
    }

    #[test]
    fn a_line_of_an_invocation_names_its_request_and_its_fact() {
        let lines = logged(|| {
            let marketplace = MarketplaceId::new("shop-1").unwrap();
            let work = async {
                about_fact(&event(), &marketplace, Trigger::OrderCompleted);
                tracing::info!(jobs = 2, "planned");
                tracing::debug!("too fine");
            };
            now(work.instrument(invocation("req-1")));
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(
            (&line["level"], &line["message"], &line["jobs"]),
            (&"INFO".into(), &"planned".into(), &2.into())
        );
        assert_eq!(line["span"]["request"], "req-1");
        assert_eq!(line["span"]["event"], event().to_string());
        assert_eq!(
            (&line["span"]["marketplace"], &line["span"]["trigger"]),
            (&"shop-1".into(), &"order_completed".into())
        );
    }

    #[test]
    fn a_warning_names_its_fact_if_nothing_less_is_logged() {
        for level in ["WARN", "ERROR"] {
            let lines = logged_from(level, || {
                let work = async {
                    about_fact(&event(), &MarketplaceId::new("shop-1").unwrap(), Trigger::OrderCompleted);
                    tracing::info!("planned");
                    tracing::error!("the table did not answer");
                };
                now(work.instrument(invocation("req-1")));
            });
            let [line] = lines.as_slice() else { panic!("{lines:?}") };
            assert_eq!((&line["level"], &line["span"]["request"]), (&"ERROR".into(), &"req-1".into()));
            assert_eq!(line["span"]["event"], event().to_string());
        }
    }

    fn now(work: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
    }

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("the table did not answer")]
        struct Unavailable(#[source] std::num::ParseIntError);
        let error = Unavailable("x".parse::<u8>().unwrap_err());
        assert_eq!(Causes(&error).to_string(), "the table did not answer: invalid digit found in string");
    }

    #[test]
    fn an_unknown_level_is_info() {
        assert_eq!(logged(|| tracing::info!("here")).len(), 1);
        let lines = Lines::default();
        let out = lines.clone();
        tracing::subscriber::with_default(subscriber("loud", move || out.clone()), || tracing::info!("here"));
        assert!(!lines.0.lock().unwrap().is_empty());
    }
}
