//! Redrive of the facts queue.

use std::collections::BTreeSet;

use aws::bus::BusError;
use aws::functions::FunctionError;

use super::Facts;
use super::refused::{self, RefusedFact};
use crate::engine::Services;
use crate::redrive::{RedriveError, Redriven, Round};

impl Facts<'_> {
    /// Publishes kept facts again, as they were first published, and invokes the prospects function with those whose timer
    /// had ended. Facts that break the contract or fail again stay.
    pub async fn redrive(&self, most: usize) -> Result<Redriven, RedriveError> {
        let mut round = Round::new(&self.0.services.facts_queue, most);
        let moved = self.move_facts(&mut round).await;
        round.end(moved).await
    }

    async fn move_facts(&self, round: &mut Round<'_>) -> Result<(), RedriveError> {
        // Each trigger that cannot read a fact keeps a message of it. Publishing it once serves all of them.
        let mut gone_on: BTreeSet<RefusedFact> = BTreeSet::new();
        while let Some(letter) = round.next().await? {
            let kept = match refused::read(&letter.body, &self.0.services.sources) {
                Ok(kept) => kept,
                Err(unfit) => {
                    round.leave(letter, unfit.to_string());
                    continue;
                }
            };
            if !gone_on.contains(&kept) {
                if let Some(reason) = self.take(&kept).await? {
                    round.leave(letter, reason);
                    continue;
                }
                gone_on.insert(kept);
            }
            round.from.delete(&letter).await?;
            round.result.moved += 1;
        }
        Ok(())
    }

    /// Publishes a kept fact, or returns the reason why it cannot be published.
    async fn take(&self, kept: &RefusedFact) -> Result<Option<String>, RedriveError> {
        let Services { bus, functions, prospects, .. } = &*self.0.services;
        match kept {
            RefusedFact::Fact { source, detail_type, detail } => {
                match bus.publish(source, detail_type, detail).await {
                    Ok(()) => Ok(None),
                    Err(refused @ BusError::Refused { .. }) => Ok(Some(refused.to_string())),
                    Err(error @ BusError::Unavailable(_)) => Err(RedriveError::Bus(error)),
                }
            }
            RefusedFact::Matured { invocation } => {
                match functions.invoke(prospects, invocation.clone().into_bytes()).await {
                    Ok(_) => Ok(None),
                    Err(failed @ FunctionError::Failed { .. }) => Ok(Some(failed.to_string())),
                    Err(error @ (FunctionError::Unavailable { .. } | FunctionError::NotFound { .. })) => {
                        Err(RedriveError::Prospects(error))
                    }
                }
            }
        }
    }
}
