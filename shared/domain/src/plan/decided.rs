//! The jobs of a plan before they are built.

use crate::effect::Contender;
use crate::id::{EffectKey, JobId};

/// A decided job that is not built yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The key of its effect in the ledger.
    pub effect: EffectKey,
    /// The job as the ledger orders it.
    pub contender: Contender,
    pub(super) place: Pair,
    pub(super) part: usize,
}

/// A rule and a firing, each by its index in the input.
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

    /// The index of its rule in the input.
    pub fn rule(&self) -> usize {
        self.place.rule
    }
}
