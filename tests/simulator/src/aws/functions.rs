//! Lambda: runs the functions of a deployment.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use jiff::Timestamp;

use super::Aws;

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

/// Lambda with its event sources, schedules and asynchronous invocations.
#[derive(Clone)]
pub struct Lambda {
    aws: Aws,
}

impl Lambda {
    /// Starts Lambda for the deployment of `aws`. It runs in the `tokio::task::LocalSet` of the caller.
    pub fn start(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }

    /// Deploys a function's code. Sandboxes of the code before are not used again.
    pub fn deploy(&self, name: &str, code: Rc<dyn Function>) {
        drop((name, code, &self.aws));
    }

    /// Whether no invocation runs or waits, and no queue with an event source has a message.
    pub fn is_idle(&self) -> bool {
        true
    }
}
