//! Facts: publication, and the queue of facts that could not be planned.

mod discard;
mod kept;
mod redrive;
mod refused;

pub use aws::bus::BusError;
pub use aws::queue::QueueError;
pub use kept::{KeptFact, KeptFacts};

use crate::engine::Engine;

/// The operations on facts.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a>(&'a Engine);

impl Engine {
    /// The operations on facts.
    pub fn facts(&self) -> Facts<'_> {
        Facts(self)
    }
}

impl Facts<'_> {
    /// Publishes a fact on the event bus.
    pub async fn publish(&self, source: &str, detail_type: &str, detail: &str) -> Result<(), BusError> {
        self.0.services.bus.publish(source, detail_type, detail).await
    }
}
