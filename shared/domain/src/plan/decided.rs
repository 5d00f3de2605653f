//! The jobs of a plan before they are built.

use crate::effect::Contender;
use crate::id::{EffectKey, JobId};

/// A job that is decided and not built yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The ledger's item for its effect.
    pub effect: EffectKey,
    /// The job as the ledger orders it.
    pub contender: Contender,
    pub(super) place: Pair,
    pub(super) part: usize,
}

/// A rule and what fired, each by its place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    pub(super) firing: usize,
    pub(super) rule: usize,
}

impl Decided {
    /// The job's id.
    pub fn id(&self) -> JobId {
        self.contender.job
    }

    /// The place of its rule in the input.
    pub fn rule(&self) -> usize {
        self.place.rule
    }
}
