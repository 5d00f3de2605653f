//! The end of a history: no more faults, until nothing is left to do.

use domain::admission::Place;
use jiff::Timestamp;

use super::{World, shop};
use crate::short::history::Mood;
use crate::short::state::job_name;

/// Without faults, every history ends within this many waits.
const MOST_WAITS: usize = 1_000;
/// The shortest wait, in seconds.
const WAIT: i64 = 1;

impl World {
    /// Continues without any fault until no work is left; `false`: a job or message waits for ever.
    pub(in crate::short) fn settles(&mut self) -> bool {
        self.retry_triggers();
        (0..shop::accounts().len()).for_each(|nth| self.disable_rules(nth));
        for _ in 0..MOST_WAITS {
            while self.step(0, Mood::Fine) {}
            (0..shop::accounts().len()).for_each(|nth| {
                self.reconnect(nth);
                self.resume(nth);
            });
            self.sweep(false);
            if !self.deliver(0) {
                let Some(next) = self.next() else { return true };
                let wait = next.duration_since(self.shared.now()).as_secs();
                self.advance(wait.max(WAIT));
            }
        }
        false
    }

    /// When something is left to do; `None`: never.
    fn next(&self) -> Option<Timestamp> {
        let now = self.shared.now();
        let places = self.shared.table.places();
        let places = places.into_iter().filter_map(|(_, place)| match place {
            Place::Nowhere => None,
            Place::Queue { lost_at: due, .. } | Place::Table(due) => Some(due),
            Place::Reconnect | Place::Resume => Some(now),
        });
        let messages = self.queue.iter().map(|message| message.visible_at);
        let state = self.shared.state.borrow();
        let given_up = state.given_up.iter().map(|(at, _)| *at);
        places.chain(messages).chain(given_up).chain(self.next_erasure()).min()
    }

    /// The reason why the world did not settle.
    pub(in crate::short) fn unsettled(&self) -> String {
        let waits = self.shared.table.all().into_iter().filter(|(_, place)| *place != Place::Nowhere);
        let waits: Vec<_> = waits.map(|(record, place)| (record.id, record.status, place)).collect();
        let messages: Vec<_> = self.queue.iter().map(|message| job_name(message.job)).collect();
        format!("a job or message waits for ever: {waits:?}, messages of {messages:?}")
    }
}
