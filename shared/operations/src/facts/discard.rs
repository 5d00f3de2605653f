//! Discarding messages of the facts queue.

use std::collections::BTreeSet;

use super::Facts;
use crate::redrive::{Record, RedriveError, Round};

impl Facts<'_> {
    /// Deletes the messages with these ids after each is recorded, and returns the ids that were found. The other messages
    /// stay.
    pub async fn discard(
        &self,
        ids: &BTreeSet<String>,
        record: &mut dyn Record,
    ) -> Result<BTreeSet<String>, RedriveError> {
        let mut round = Round::new(&self.0.services.facts_queue, usize::MAX);
        let mut given_up = BTreeSet::new();
        let done = give_up(&mut round, ids, record, &mut given_up).await;
        round.end(done).await.map(|_| given_up)
    }
}

async fn give_up(
    round: &mut Round<'_>,
    ids: &BTreeSet<String>,
    record: &mut dyn Record,
    given_up: &mut BTreeSet<String>,
) -> Result<(), RedriveError> {
    while given_up.len() < ids.len()
        && let Some(letter) = round.next().await?
    {
        if ids.contains(&letter.id) {
            record.record(&letter, "discarded").map_err(RedriveError::Record)?;
            round.from.delete(&letter).await?;
            given_up.insert(letter.id);
        } else {
            round.stayed.push(letter);
        }
    }
    round.stayed.append(&mut round.page);
    Ok(())
}
