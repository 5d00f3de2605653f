//! The sandboxes of a function, which keep their memory while they wait.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use jiff::{SignedDuration, Timestamp};

use super::{Function, Sandbox};

/// How long Lambda keeps an idle sandbox.
const KEPT: SignedDuration = SignedDuration::from_mins(30);

/// A function's code and its idle sandboxes.
#[derive(Default)]
pub(super) struct Sandboxes {
    code: Option<Rc<dyn Function>>,
    generation: u64,
    /// The sandbox with the shortest wait is last.
    idle: Vec<(Rc<dyn Sandbox>, Timestamp)>,
}

impl Sandboxes {
    pub(super) fn deploy(&mut self, code: Rc<dyn Function>) {
        self.code = Some(code);
        self.generation += 1;
        self.idle.clear();
    }

    pub(super) fn code(&self) -> Option<(Rc<dyn Function>, u64)> {
        Some((self.code.clone()?, self.generation))
    }

    pub(super) fn take(&mut self, now: Timestamp) -> Option<(Rc<dyn Sandbox>, u64)> {
        self.idle.retain(|(_, since)| now.duration_since(*since) < KEPT);
        self.idle.pop().map(|(sandbox, _)| (sandbox, self.generation))
    }

    pub(super) fn put_back(&mut self, sandbox: Rc<dyn Sandbox>, generation: u64, now: Timestamp) {
        if generation == self.generation {
            self.idle.push((sandbox, now));
        }
    }
}

/// A future that is killed when it waits for the n-th time.
pub(super) struct Killed<F> {
    waits: Option<usize>,
    future: Pin<Box<F>>,
}

impl<F: Future> Killed<F> {
    /// `waits`: how often it may wait; `None`: it is not killed.
    pub(super) fn after(waits: Option<usize>, future: F) -> Self {
        Self { waits, future: Box::pin(future) }
    }
}

impl<F: Future> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match (self.future.as_mut().poll(context), self.waits) {
            (Poll::Ready(output), _) => Poll::Ready(Some(output)),
            (Poll::Pending, Some(0)) => Poll::Ready(None),
            (Poll::Pending, waits) => {
                self.waits = waits.map(|waits| waits - 1);
                Poll::Pending
            }
        }
    }
}
