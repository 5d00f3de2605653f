//! One function's process, and its times.
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::manifest::Catalog;
use tokio::time::timeout;

use super::stub::Stub;
use crate::clock::percentile;
use crate::machine::first;

/// A process that takes longer is stuck.
const PATIENCE: Duration = Duration::from_mins(5);

/// A program that serves a function.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) command: Vec<String>,
    pub(super) handler: &'static str,
}

/// The times of a function, in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Times {
    /// From the process's start to its first request for an event.
    pub(super) init: f64,
    /// The time that the process's threads ran until then.
    pub(super) init_cpu: f64,
    /// From the first event to its response.
    pub(super) first: f64,
    /// The time that the process's threads ran for the first event.
    pub(super) first_cpu: f64,
    /// The same of later events, sorted.
    pub(super) wall: Vec<f64>,
    /// The time that the process's threads ran for each later event, sorted.
    pub(super) cpu: Vec<f64>,
    /// The largest resident set, in MB.
    pub(super) rss: f64,
    /// The calls to AWS and to apps for an event.
    pub(super) calls: f64,
}

impl Times {
    pub(super) fn cpu_p50(&self) -> f64 {
        percentile(&self.cpu, 50)
    }
}

/// Starts the program and lets it handle the events; the first `warm` of them are not measured.
pub(super) async fn run(stub: &Stub, program: &Program, events: &[String], warm: usize) -> Times {
    stub.begin(events);
    let start = Instant::now();
    let mut child = spawn(stub, program);
    stub.watch(child.id());
    let seen = timeout(PATIENCE, stub.ended()).await;
    let rss = first(&format!("/proc/{}/status", child.id()), "VmHWM");
    child.kill().expect("the function's process ends");
    child.wait().expect("the function's process has ended");
    let seen = seen.unwrap_or_else(|_| panic!("{:?} did not handle its events", program.command));
    assert!(seen.failed.is_empty(), "{:?}: {:?}", program.command, seen.failed);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let ready = seen.asked.first().expect("a request for an event");
    let wall: Vec<_> =
        seen.given.iter().zip(&seen.answered).map(|(given, at)| milliseconds(*at - *given)).collect();
    let cpu = seen.asked.windows(2).map(|pair| milliseconds(pair[1].cpu.saturating_sub(pair[0].cpu)));
    let cpu: Vec<_> = cpu.collect();
    let sorted = |times: Vec<f64>| {
        let mut times = times.get(warm..).unwrap_or_default().to_vec();
        times.sort_by(f64::total_cmp);
        times
    };
    let kilobytes: f64 = rss.and_then(|rss| rss.trim_end_matches(" kB").parse().ok()).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let calls = seen.calls.len() as f64 / events.len().max(1) as f64;
    Times {
        init: milliseconds(ready.at - start),
        init_cpu: milliseconds(ready.cpu),
        first: wall.first().copied().unwrap_or_default(),
        first_cpu: cpu.first().copied().unwrap_or_default(),
        cpu: sorted(cpu),
        wall: sorted(wall),
        rss: kilobytes / 1000.0,
        calls,
    }
}

/// The instructions of an event, counted by callgrind; `None` without valgrind.
pub(super) async fn instructions(stub: &Stub, program: &Program, event: &str) -> Option<f64> {
    const FEW: usize = 5;
    const MANY: usize = 25;
    let mut counted = Vec::new();
    for count in [FEW, MANY] {
        let options = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"].map(str::to_owned);
        let command = options.into_iter().chain(program.command.iter().cloned()).collect();
        stub.begin(&vec![event.to_owned(); count]);
        let mut command = prepared(stub, &Program { command, ..program.clone() });
        let child = command.stderr(Stdio::piped()).spawn().ok()?;
        let seen = timeout(PATIENCE, stub.ended()).await.ok()?;
        assert!(seen.failed.is_empty(), "{:?}", seen.failed);
        Command::new("kill").arg(child.id().to_string()).status().ok()?;
        let said = String::from_utf8_lossy(&child.wait_with_output().ok()?.stderr).into_owned();
        let number = said.split_once("Collected : ")?.1.split_whitespace().next()?.parse::<f64>().ok()?;
        counted.push(number);
    }
    #[expect(clippy::cast_precision_loss, reason = "twenty")]
    let events = (MANY - FEW) as f64;
    Some((counted[1] - counted[0]) / events)
}

fn spawn(stub: &Stub, program: &Program) -> Child {
    prepared(stub, program).spawn().unwrap_or_else(|error| panic!("{:?}: {error}", program.command))
}

fn prepared(stub: &Stub, program: &Program) -> Command {
    let url = format!("http://{}", stub.address);
    let mut command = Command::new(&program.command[0]);
    command.args(&program.command[1..]).env_clear().stdout(Stdio::null());
    if let Some(path) = option_env!("PATH") {
        command.env("PATH", path);
    }
    let jobs = format!("{url}/000000000000/bench-jobs-{{app}}");
    let facts = format!("{url}/000000000000/bench-facts");
    let dead = format!("{url}/000000000000/bench-dead-{{app}}");
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", stub.address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
        ("_HANDLER", program.handler.to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_SESSION_TOKEN", "token".to_owned()),
        ("AWS_ENDPOINT_URL", url.clone()),
        ("STACK_NAME", "bench".to_owned()),
        // The SDK announces the end of its support for versions of Node.js.
        ("NODE_NO_WARNINGS", "1".to_owned()),
        ("APPS", Catalog::get().keys().join(",")),
        ("CONNECTOR", "bench-{app}".to_owned()),
        ("PROSPECTS", "bench-prospects".to_owned()),
        ("SOURCES", "commerce".to_owned()),
        ("LOG_LEVEL", "WARN".to_owned()),
        ("LOG_TTL_DAYS", "35".to_owned()),
        ("TABLE_NAME", "bench".to_owned()),
        ("JOBS_QUEUE_URL", jobs),
        ("FACTS_QUEUE_URL", facts),
        ("DIGEST_SECRET", "0123456789abcdef0123456789abcdef".to_owned()),
        ("BUS_NAME", "commerce".to_owned()),
        ("KMS_KEY_ID", "key".to_owned()),
        ("RETRY_SCHEDULE", "5,60".to_owned()),
        ("LEASE_SECONDS", "60".to_owned()),
        ("SANDBOX_URL", url),
        ("OAUTH_SECRETS", "bench/oauth".to_owned()),
        ("PROSPECT_DELAY_SECONDS", "7200".to_owned()),
        ("SCHEDULE_GROUP", "bench".to_owned()),
        ("SCHEDULE_ROLE_ARN", "arn:aws:iam::000000000000:role/bench".to_owned()),
        ("SIGNING_KEY_ID", "key".to_owned()),
        ("CALLS_PER_MINUTE", "300".to_owned()),
        ("FRAME_ANCESTORS", "'none'".to_owned()),
        ("DEAD_LETTERS_URL", dead),
        ("SCHEDULE_DLQ_ARN", "arn:aws:sqs:us-east-1:000000000000:bench-facts".to_owned()),
    ];
    command.envs(variables);
    command
}

/// The size of a program's file in MB.
pub(super) fn megabytes(path: &Path) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let bytes = fs::metadata(path).map_or(0, |file| file.len()) as f64;
    bytes / 1e6
}
