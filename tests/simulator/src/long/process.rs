//! The processes of the functions and of the operators: each has its environment, and shares time, chance, AWS and the
//! apps with the others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use aws_config::SdkConfig;
use connector::http::network;
use fastrand::Rng;
use futures::future::LocalBoxFuture;
use runtime::world;

use super::apps::Apps;
use crate::aws::Aws;

/// The parts that all processes share.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) aws: Aws,
    pub(super) apps: Arc<Apps>,
    random: Rc<RefCell<Rng>>,
}

/// A process.
#[derive(Clone)]
pub(super) struct Process {
    world: Rc<world::World>,
    pub(super) apps: Arc<Apps>,
}

impl Host {
    pub(super) fn new(seed: u64, aws: Aws, apps: Arc<Apps>) -> Self {
        Self { aws, apps, random: Rc::new(RefCell::new(Rng::with_seed(seed))) }
    }

    /// A process with this environment, whose calls to AWS meet its faults.
    pub(super) fn process(&self, environment: &BTreeMap<String, String>) -> Process {
        self.process_with(environment, self.aws.sdk())
    }

    /// A process that no fault concerns.
    pub(super) fn inspector(&self, environment: &BTreeMap<String, String>) -> Process {
        self.process_with(environment, self.aws.inspector())
    }

    fn process_with(&self, environment: &BTreeMap<String, String>, sdk: SdkConfig) -> Process {
        let (aws, random) = (self.aws.clone(), Rc::clone(&self.random));
        let world = world::World {
            environment: environment.clone(),
            now: Box::new(move || aws.now()),
            random: Box::new(move || random.borrow_mut().u128(..)),
            sdk,
        };
        Process { world: Rc::new(world), apps: Arc::clone(&self.apps) }
    }
}

impl Process {
    /// Runs a future in the process. It is on the heap: the futures of operations have tens of kilobytes.
    pub(super) fn run<'a, F: Future + 'a>(&'a self, future: F) -> LocalBoxFuture<'a, F::Output> {
        let inside = world::inside(Rc::clone(&self.world), future);
        let apps: Arc<dyn network::Network> = Arc::<Apps>::clone(&self.apps);
        Box::pin(network::inside(apps, inside))
    }
}
