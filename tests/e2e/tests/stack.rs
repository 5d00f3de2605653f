//! The stacks that the tests run against, each started by the first test that needs it. They end with the test run.

use std::sync::OnceLock;

use ::stack::Stack;
pub(crate) use ::stack::{
    API_KEY, Answer, Caller, Engine, ORIGIN, Portal, SIGNING_SECRET, Sample, Shop, apart, expected, now,
    until,
};

/// Where the template has a long wait, a test has a short one.
const PARAMETERS: [(&str, &str); 6] = [
    ("ProspectDelay", "5"),
    ("RetrySchedule", "1,1,2,2,3,3,3,3"),
    ("LeaseSeconds", "10"),
    // A connector that was killed keeps its messages for so long.
    ("JobVisibility", "15"),
    ("PortalCallsPerMinute", "100000"),
    // Each copy is a process of this machine.
    ("ConnectorConcurrency", "5"),
];

/// The stacks of a test run.
pub(crate) trait Stacks {
    /// The stack that tests share, with nothing between its functions and local AWS.
    async fn shared() -> Self;

    /// A stack whose functions reach local AWS through the proxy, which fails their calls when it is told to.
    async fn faulty() -> Self;

    /// A stack whose functions are killed. Local AWS does not try an event of the bus again, as AWS does, so no test
    /// that publishes on the bus may run on it while triggers are killed.
    async fn deadly() -> Self;

    /// A stack for what an operator does with a whole app: each test has an app of its own here, whose queues and accounts
    /// no other test touches.
    async fn operated() -> Self;

    /// A stack for whoever tries everything: other tests make the stand-ins of theirs fail.
    async fn tried() -> Self;
}

impl Stacks for Engine {
    async fn shared() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e", &PARAMETERS)).await
    }

    async fn faulty() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::behind_proxy("e2e-faults", &PARAMETERS)).await
    }

    async fn deadly() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-kills", &PARAMETERS)).await
    }

    async fn operated() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-operator", &PARAMETERS)).await
    }

    async fn tried() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-api", &PARAMETERS)).await
    }
}

async fn on(stack: &'static OnceLock<Stack>, start: fn() -> Stack) -> Engine {
    let outputs = tokio::task::spawn_blocking(move || stack.get_or_init(start).outputs.clone());
    Engine::of(outputs.await.expect("the stack stands")).await
}

/// A marketplace on the stack that tests share.
pub(crate) trait Opens {
    /// With that name, and with two connected accounts: `int_mailchimp` and `int_webhook`.
    async fn open(name: &str) -> Self;

    /// With that name and no accounts.
    async fn bare(name: &str) -> Self;
}

impl Opens for Shop {
    async fn open(name: &str) -> Self {
        Self::open_on(Engine::shared().await, name).await
    }

    async fn bare(name: &str) -> Self {
        Self::bare_on(Engine::shared().await, name)
    }
}
