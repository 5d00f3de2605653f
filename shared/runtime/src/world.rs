//! The process around a function: its environment, time, chance and AWS. A simulation gives a task another one, so that
//! the shipped functions run in it as they are.

use std::collections::BTreeMap;
#[cfg(feature = "simulation")]
use std::{future::Future, rc::Rc};

use aws_config::SdkConfig;
use jiff::Timestamp;

/// A simulated process. Only a build with the feature `simulation` can run a future in it.
pub struct World {
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
    /// The clock.
    pub now: Box<dyn Fn() -> Timestamp>,
    /// The source of chance.
    pub random: Box<dyn Fn() -> u128>,
    /// The configuration of the SDK's clients.
    pub sdk: SdkConfig,
}

#[cfg(feature = "simulation")]
tokio::task_local! {
    static WORLD: Rc<World>;
}

/// Runs a future in a simulated process. Tasks that it spawns are outside.
#[cfg(feature = "simulation")]
pub async fn inside<F: Future>(world: Rc<World>, future: F) -> F::Output {
    WORLD.scope(world, future).await
}

/// Asks the simulated process; `None` in a real one.
#[cfg(feature = "simulation")]
pub(crate) fn ask<T>(question: impl FnOnce(&World) -> T) -> Option<T> {
    WORLD.try_with(|world| question(world)).ok()
}

/// Without simulations, every process is real.
#[cfg(not(feature = "simulation"))]
pub(crate) fn ask<T>(_: impl FnOnce(&World) -> T) -> Option<T> {
    None
}
