//! The actions of the merchant and the operator.

use domain::admission::Place;
use domain::id::{BuyerKey, IntegrationId};
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::pause::{AppPause, Note};
use jiff::{SignedDuration, Timestamp};

use super::{World, shop};
use crate::short::history::Mood;
use crate::short::state::Erased;

/// After this, no work that was in progress when a buyer was erased can write.
const SETTLES: SignedDuration = SignedDuration::from_mins(5);

impl World {
    /// An account of the shop, if it is stored.
    fn account(&self, nth: usize) -> Option<Integration> {
        let accounts = shop::accounts();
        let account = &accounts[nth % accounts.len()];
        self.shared.table.stored(&account.marketplace, &account.id)
    }

    /// The merchant connects an account again, if its credentials were refused. The sweeper releases its held jobs, also
    /// those that were held after the account was deleted: it looks again for a while.
    pub(super) fn reconnect(&mut self, nth: usize) {
        if let Some(mut account) =
            self.account(nth).filter(|account| account.connection != Connection::Connected)
        {
            self.note(|| format!("{} is reconnected", account.id));
            account.connection = Connection::Connected;
            account.credentials = Ciphertext(format!("{}+", account.credentials.0));
            account.health = Health::default();
            self.shared.table.save(account.clone());
            self.forget_limits(&account.id);
        }
        self.release_held(nth);
    }

    fn release_held(&mut self, nth: usize) {
        let id = &shop::accounts()[nth % shop::accounts().len()].id;
        self.release(|job, place| place == Place::Reconnect && job.integration == *id, false);
    }

    /// A limit was of the credentials that were replaced.
    fn forget_limits(&self, account: &IntegrationId) {
        let state = &mut *self.shared.state.borrow_mut();
        let of_account = state.jobs.iter().map(|job| job.integration == *account);
        for (limit, _) in
            state.not_before.iter_mut().zip(of_account).filter(|(_, is_of_account)| *is_of_account)
        {
            *limit = None;
        }
    }

    /// The merchant deletes an account. Its rules are disabled later, at the latest when the account would be deleted
    /// again.
    pub(super) fn delete(&mut self, nth: usize) {
        let Some(account) = self.account(nth) else { return self.disable_rules(nth) };
        self.note(|| format!("{} is deleted", account.id));
        self.shared.table.delete(&account.marketplace, &account.id);
        self.shared.state.borrow_mut().deleted.insert(account.id);
        self.release_held(nth);
    }

    /// The deletion of an account disables its rules.
    pub(super) fn disable_rules(&mut self, nth: usize) {
        let state = &mut *self.shared.state.borrow_mut();
        let id = &shop::accounts()[nth % shop::accounts().len()].id;
        let is_deleted = state.deleted.contains(id);
        for rule in state.rules.iter_mut().filter(|rule| is_deleted && rule.integration == *id) {
            rule.enabled = false;
        }
    }

    /// The operator pauses an account's app.
    pub(super) fn pause(&mut self, nth: usize) {
        let accounts = shop::accounts();
        let app = accounts[nth % accounts.len()].app;
        let Ok(note) = Note::new("It is down.") else { return };
        self.note(|| format!("{app} is paused"));
        let mut state = self.shared.state.borrow_mut();
        let since = state.now;
        state.pauses.insert(app, AppPause { app, note, since });
    }

    /// The operator resumes an account's app.
    pub(super) fn resume(&mut self, nth: usize) {
        let accounts = shop::accounts();
        let app = accounts[nth % accounts.len()].app;
        if self.shared.state.borrow_mut().pauses.remove(&app).is_some() {
            self.note(|| format!("{app} is resumed"));
        }
        self.release(|job, place| place == Place::Resume && job.app == app, false);
    }

    /// The merchant disables a rule, or enables it again.
    pub(super) fn switch(&mut self, nth: usize) {
        let mut state = self.shared.state.borrow_mut();
        let (count, deleted) = (state.rules.len(), state.deleted.clone());
        let rule = &mut state.rules[nth % count];
        if deleted.contains(&rule.integration) {
            return;
        }
        rule.enabled = !rule.enabled;
        let (id, enabled, now) = (rule.id.clone(), rule.enabled, state.now);
        state.changed.insert(id.clone());
        if enabled {
            state.disabled.remove(&id);
        } else {
            state.disabled.insert(id.clone(), now);
        }
        drop(state);
        self.note(|| format!("{id} is {}", if enabled { "enabled" } else { "disabled" }));
    }

    /// The merchant changes a rule's target, or changes it back.
    pub(super) fn edit(&mut self, nth: usize) {
        let mut state = self.shared.state.borrow_mut();
        let count = state.rules.len();
        let rule = &mut state.rules[nth % count];
        if !shop::edit(rule) {
            return;
        }
        let id = rule.id.clone();
        state.changed.insert(id.clone());
        drop(state);
        self.note(|| format!("{id} gets another target"));
    }

    /// An operator erases the buyer of a fact: first the marker, and the items when no work in progress can write.
    pub(super) fn erase(&mut self, nth: usize) {
        let Some(spec) = self.facts.get(nth % self.facts.len().max(1)) else { return };
        let buyer = spec.received().event.buyer;
        self.note(|| format!("buyer {} is erased", spec.buyer()));
        let mut state = self.shared.state.borrow_mut();
        let at = state.now;
        state.erased.push(Erased { buyer, at, settled: false });
    }

    pub(super) fn is_erased(&self, buyer: BuyerKey, occurred_at: Timestamp) -> bool {
        let state = self.shared.state.borrow();
        state.erased.iter().any(|erased| erased.buyer == buyer && occurred_at <= erased.at)
    }

    /// When the next erasure deletes items.
    pub(super) fn next_erasure(&self) -> Option<Timestamp> {
        let state = self.shared.state.borrow();
        state.erased.iter().filter(|erased| !erased.settled).map(|erased| erased.at + SETTLES).min()
    }

    /// Deletes the items of erased buyers.
    pub(super) fn settle_erasures(&mut self) {
        // A worker that began before the erasure ends by its own time limit.
        let now = self.shared.now();
        let due = |erased: &Erased| !erased.settled && now.duration_since(erased.at) >= SETTLES;
        let due: Vec<_> =
            self.shared.state.borrow().erased.iter().filter(|erased| due(erased)).copied().collect();
        if due.is_empty() {
            return;
        }
        while self.workers.iter().any(|worker| now > worker.trace.began + super::FUNCTION_TIMEOUT) {
            let late =
                self.workers.iter().position(|worker| now > worker.trace.began + super::FUNCTION_TIMEOUT);
            self.step(late.unwrap_or_default(), Mood::Fine);
        }
        for erased in due {
            let goes = |buyer, occurred_at| buyer == erased.buyer && occurred_at <= erased.at;
            self.shared.table.erase(|job| goes(job.id.event.buyer, job.occurred_at));
            let mut state = self.shared.state.borrow_mut();
            state.events.retain(|id, _| !goes(id.buyer, id.at));
            for other in state.erased.iter_mut().filter(|other| other.at == erased.at) {
                other.settled = true;
            }
        }
    }
}
