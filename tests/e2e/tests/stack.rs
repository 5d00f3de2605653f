//! The stacks of the tests, each started by the first test that needs it. They end with the test run.

use std::sync::OnceLock;

use ::stack::Stack;
pub(crate) use ::stack::{
    API_KEY, Answer, Caller, Engine, ORIGIN, Portal, SIGNING_SECRET, Sample, Shop, apart, expected, now,
    project, until,
};

/// Short values for the template's long waits.
const PARAMETERS: [(&str, &str); 8] = [
    ("ProspectDelay", "5"),
    ("RetrySchedule", "1,1,2,2,3,3,3,3"),
    ("LeaseSeconds", "10"),
    // The time for which a killed connector's messages stay hidden.
    ("JobVisibility", "15"),
    ("PortalCallsPerMinute", "100000"),
    // Each instance is a process on this machine.
    ("ConnectorConcurrency", "5"),
    ("Source", "commerce,courses"),
    // A test searches the lines of every job for secrets.
    ("LogLevel", "INFO"),
];

/// The stacks of a test run.
pub(crate) trait Stacks {
    /// The stack that tests share, with direct calls from its functions to local AWS.
    async fn shared() -> Self;

    /// A stack whose functions call local AWS through the proxy, which fails their calls on request.
    async fn faulty() -> Self;

    /// A stack whose functions are killed. Unlike AWS, local AWS does not retry an event of the bus, so no test that
    /// publishes on the bus may run on it while triggers are killed.
    async fn deadly() -> Self;

    /// A stack for the operator's actions on a whole app: each test has an app of its own here, whose queues and
    /// accounts no other test uses.
    async fn operated() -> Self;

    /// A stack with the apps Mailchimp and Webhook only.
    async fn small() -> Self;

    /// A stack with an app of the operator's own, whose definition is the example of the documentation.
    async fn own() -> Self;

    /// A stack for tests that call every route: other tests make the stand-ins of their stack fail.
    async fn tried() -> Self;

    /// A stack for the commands of the documents, some of which concern all marketplaces.
    async fn documented() -> Self;
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

    async fn small() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-apps", &[&PARAMETERS[..], &[("Apps", "mailchimp,webhook")]].concat()))
            .await
    }

    async fn own() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || {
            let stage = crate::own_app::stage();
            let parameters = [&PARAMETERS[..], &[("Apps", "webhook,bakery")]].concat();
            Stack::staged("e2e-own", &stage, &parameters)
        })
        .await
    }

    async fn tried() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-api", &PARAMETERS)).await
    }

    async fn documented() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        on(&STACK, || Stack::start("e2e-documents", &[("ConnectorConcurrency", "5")])).await
    }
}

async fn on(stack: &'static OnceLock<Stack>, start: fn() -> Stack) -> Engine {
    let outputs = tokio::task::spawn_blocking(move || stack.get_or_init(start).outputs.clone());
    Engine::of(outputs.await.expect("the stack is deployed")).await
}

/// A marketplace on the shared stack.
pub(crate) trait Opens {
    /// With this name, and with two connected accounts: `int_mailchimp` and `int_webhook`.
    async fn open(name: &str) -> Self;

    /// With this name and no accounts.
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
