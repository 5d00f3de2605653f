//! Lambda: runs the functions of a deployment, and everything that AWS does by itself.

mod sandboxes;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use jiff::Timestamp;

use super::Aws;
use super::lambdas::Start;
use sandboxes::{Killed, Sandboxes};

/// The code of a function.
pub trait Function {
    /// INIT: starts a sandbox, whose memory the function keeps from one invocation to the next.
    fn start(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Sandbox>, String>>;
}

/// A started function. It handles one invocation at a time. It is dropped when Lambda kills the sandbox, in the middle
/// of an invocation too: then the future of [`Sandbox::handle`] is dropped first.
pub trait Sandbox {
    /// Handles an event; returns the response's JSON, or the message of the error that fails the invocation. A panic
    /// fails the invocation.
    fn handle(&self, event: String, context: Context) -> LocalBoxFuture<'_, Result<String, String>>;
}

/// The context of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The request's id, the same for each retry of an asynchronous invocation.
    pub request_id: String,
    /// The function's ARN.
    pub function_arn: String,
    /// When Lambda ends the invocation.
    pub deadline: Timestamp,
}

/// Lambda with its event sources, schedules and asynchronous invocations. Copies are the same Lambda.
#[derive(Clone)]
pub struct Lambda {
    aws: Aws,
    sandboxes: Rc<RefCell<BTreeMap<String, Sandboxes>>>,
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lambda").field("aws", &self.aws).finish_non_exhaustive()
    }
}

impl Lambda {
    /// Starts Lambda for the deployment of `aws`. It runs in the `tokio::task::LocalSet` of the caller, until that ends.
    pub fn start(aws: &Aws) -> Self {
        let lambda = Self { aws: aws.clone(), sandboxes: Rc::default() };
        drop(tokio::task::spawn_local(lambda.clone().run()));
        lambda
    }

    /// Deploys the code of a function, by the function's name or ARN. Sandboxes of the code before end with the
    /// invocation that they handle.
    pub fn deploy(&self, function: &str, code: Rc<dyn Function>) {
        let name = function.rsplit(':').next().unwrap_or(function).to_owned();
        self.sandboxes.borrow_mut().entry(name).or_default().deploy(code);
        self.aws.state().work.notify_one();
    }

    /// The most invocations at the same time, of all functions.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.aws.state().lambda.concurrency = concurrency;
    }

    /// Whether no invocation runs, nothing waits to be delivered or repeated, and no queue that invokes a function has a
    /// message. Schedules do not count: neither those of functions nor one-time schedules.
    pub fn is_idle(&self) -> bool {
        let mut state = self.aws.state();
        let queues: Vec<_> = state
            .lambda
            .functions
            .values()
            .flat_map(|one| &one.queues)
            .map(|one| one.queue.clone())
            .collect();
        let now = self.aws.now();
        state.lambda.is_idle() && queues.iter().all(|queue| state.sqs.state(queue, now).is_empty())
    }

    async fn run(self) {
        let work = self.aws.state().work.clone();
        loop {
            let now = self.aws.now();
            let (starts, next) = self.aws.state().work(now);
            for start in starts {
                drop(tokio::task::spawn_local(self.clone().invoke(start)));
            }
            let wait = next.map(|next| Duration::try_from(next.duration_since(now)).unwrap_or_default());
            match wait {
                // A clock of milliseconds may end a wait early.
                Some(wait) => {
                    drop(tokio::time::timeout(wait.max(Duration::from_millis(1)), work.notified()).await);
                }
                None => work.notified().await,
            }
        }
    }

    async fn invoke(self, start: Start) {
        let Start { function, request, payload, caller } = start;
        let result = self.handle(&function, request, payload).await;
        let now = self.aws.now();
        self.aws.state().ended(&function, caller, result, now);
    }

    async fn handle(&self, function: &str, request: String, payload: String) -> Result<String, String> {
        let (settings, crash, recycled, cold) = {
            let mut state = self.aws.state();
            let state = &mut *state;
            let settings = state.lambda.functions.get(function).cloned().unwrap_or_default();
            let crash = state.chance.happens(state.faults.crashes).then(|| state.chance.below(40));
            let recycled = state.chance.happens(state.faults.recycled);
            (settings, crash, recycled, state.chance.within(state.faults.cold_start))
        };
        let idle = self.with(function, |sandboxes| sandboxes.take(self.aws.now()));
        let (sandbox, generation) = if let Some(idle) = idle {
            idle
        } else {
            tokio::time::sleep(cold).await;
            let code = self.with(function, |sandboxes| sandboxes.code());
            let (code, generation) = code.ok_or_else(|| format!("the function {function} has no code"))?;
            (code.start().await?, generation)
        };
        let deadline = self.aws.now().checked_add(settings.timeout).unwrap_or(Timestamp::MAX);
        let context = Context { request_id: request, function_arn: settings.arn(), deadline };
        let handled = std::panic::AssertUnwindSafe(sandbox.handle(payload, context)).catch_unwind();
        let handled = tokio::time::timeout(settings.timeout, Killed::after(crash, handled));
        let (result, reusable) = match handled.await {
            Ok(Some(Ok(result))) => (result, true),
            Ok(Some(Err(panic))) => (Err(message(panic.as_ref())), true),
            Ok(None) => (Err("Runtime exited with error: signal: killed".to_owned()), false),
            Err(_) => (Err(format!("Task timed out after {}.00 seconds", settings.timeout.as_secs())), false),
        };
        if reusable && !recycled {
            self.with(function, |sandboxes| sandboxes.put_back(sandbox, generation, self.aws.now()));
        }
        result
    }

    fn with<T>(&self, function: &str, what: impl FnOnce(&mut Sandboxes) -> T) -> T {
        what(self.sandboxes.borrow_mut().entry(function.to_owned()).or_default())
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the function panicked").to_owned()
}
