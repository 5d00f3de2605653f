//! The ledger of one effect without workers: every job runs to its end in one step.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::target::Target;
use super::{NOW, Said, said};
use crate::effect::{Claim, Contender, Ruling, Takeover, rule};
use crate::id::{JobId, OrderKey};
use crate::intent::Intent::{self, Off, On};
use crate::log::{JobRecord, Status};

#[derive(Default)]
struct Ledger {
    claim: Option<Claim>,
    records: BTreeMap<JobId, JobRecord>,
    /// The jobs that claimed the effect.
    tried: Vec<Contender>,
    /// The jobs that took effect.
    had: Vec<Contender>,
    /// The note of the last takeover.
    note: Option<String>,
}

impl Ledger {
    /// Runs a job, which ends with `end` if the ledger allows it.
    fn run(&mut self, job: &Target, rerun: bool, end: Status) -> Ruling {
        self.run_for(job, None, rerun, end)
    }

    /// The same for a job of an order.
    fn run_for(&mut self, job: &Target, order: Option<&str>, rerun: bool, end: Status) -> Ruling {
        let order = order.map(|order| OrderKey::of(&[order]));
        let contender = Contender { order, ..job.contender() };
        let token = self.tried.len().to_string();
        let claim = Claim::new(contender, token.clone(), NOW);
        let record = self.claim.as_ref().and_then(|held| self.records.get(&held.holder.job));
        let ruling = self.claim.as_ref().map(|held| rule(contender, rerun, held, record, NOW));
        let claim = match &ruling {
            None => claim,
            Some(Ruling::Take(takeover)) => {
                self.note.clone_from(&takeover.note);
                claim.over(takeover)
            }
            Some(_) => return ruling.unwrap(),
        };
        self.claim = Some(claim);
        self.records.insert(job.id, job.record(end, None, &token, NOW));
        self.tried.push(contender);
        self.had.extend(end.took_effect().then_some(contender));
        let first = Takeover { newest: None, decided: None, added: Vec::new(), note: None };
        ruling.unwrap_or(Ruling::Take(first))
    }

    fn tries(&mut self, job: &Target, end: Status) -> Said {
        said(&self.run(job, false, end))
    }
}

fn at(second: i64, intent: Intent) -> Target {
    Target::new(u8::try_from(second).unwrap(), second, intent, 1)
}

#[test]
fn a_job_between_an_older_one_that_took_over_and_the_failed_newer_one_is_ordered_by_both() {
    let (older, newer) = (at(10, On), at(30, On));
    let mut ledger = Ledger::default();
    ledger.tries(&newer, Status::Rejected);
    assert_eq!(ledger.tries(&older, Status::Performed), Said::Take);
    // The newest job wants access, so an earlier refund removes nothing.
    assert_eq!(ledger.tries(&at(20, Off), Status::Performed), Said::Superseded(newer.id));
    assert_eq!(ledger.tries(&at(5, On), Status::Performed), Said::Superseded(older.id));
    assert_eq!(ledger.tries(&at(15, On), Status::Performed), Said::Take);
    assert_eq!(ledger.tries(&at(40, Off), Status::Performed), Said::Take);
}

#[test]
fn a_refund_is_not_undone_by_an_older_purchase_because_a_newer_one_failed() {
    let (refund, newer) = (at(20, Off), at(30, On));
    let mut ledger = Ledger::default();
    ledger.tries(&refund, Status::Performed);
    ledger.tries(&newer, Status::Rejected);
    assert_eq!(ledger.tries(&at(10, On), Status::Performed), Said::Superseded(refund.id));
    assert_eq!(ledger.tries(&at(25, On), Status::Performed), Said::Take);
}

#[test]
fn what_a_fact_had_is_not_done_again_for_it_because_a_newer_one_failed() {
    let (first, second) = (Target::new(1, 10, On, 1), Target::new(1, 10, On, 2));
    let mut ledger = Ledger::default();
    ledger.tries(&first, Status::Performed);
    ledger.tries(&at(30, On), Status::Exhausted);
    assert_eq!(ledger.tries(&second, Status::Performed), Said::Duplicate(first.id));
    assert_eq!(ledger.tries(&at(5, On), Status::Performed), Said::Superseded(first.id));
}

#[test]
fn an_operators_rerun_of_what_took_effect_does_not_make_the_ledger_forget_it() {
    let (first, second) = (Target::new(1, 10, On, 1), Target::new(1, 10, On, 2));
    let mut ledger = Ledger::default();
    ledger.tries(&first, Status::Performed);
    assert_eq!(said(&ledger.run(&first, false, Status::Performed)), Said::Ended);
    assert_eq!(said(&ledger.run(&first, true, Status::Rejected)), Said::Take);
    assert_eq!(ledger.tries(&second, Status::Performed), Said::Duplicate(first.id));
}

#[test]
fn a_job_that_runs_again_is_no_duplicate_of_itself() {
    let (older, newer) = (at(10, On), at(20, On));
    let mut ledger = Ledger::default();
    ledger.tries(&older, Status::Performed);
    ledger.tries(&newer, Status::Performed);
    assert_eq!(said(&ledger.run(&older, true, Status::Performed)), Said::Superseded(newer.id));
    let mut failed = Ledger::default();
    failed.tries(&older, Status::Performed);
    failed.tries(&newer, Status::Rejected);
    assert_eq!(said(&failed.run(&older, true, Status::Performed)), Said::Take);
}

#[test]
fn opposite_facts_of_one_instant_are_explained_in_either_order() {
    let (grant, removal) = (Target::new(1, 10, On, 1), Target::new(2, 10, Off, 1));
    let disagree = "Two events with the same time ask for opposite things; the removal wins.";
    let mut ledger = Ledger::default();
    ledger.tries(&grant, Status::Performed);
    assert_eq!(ledger.tries(&removal, Status::Performed), Said::Take);
    assert_eq!(ledger.note.as_deref(), Some(disagree));
    let Ruling::Superseded(conflict) = ledger.run(&grant, false, Status::Performed) else { panic!() };
    assert_eq!(conflict.reason().message, format!("{disagree} See {}.", removal.id));

    let mut retried = Ledger::default();
    retried.tries(&grant, Status::Performed);
    retried.tries(&removal, Status::Retrying);
    retried.tries(&removal, Status::Performed);
    assert_eq!(retried.note.as_deref(), Some(disagree), "also at its second attempt");

    let later = at(20, Off);
    assert_eq!(ledger.tries(&later, Status::Performed), Said::Take);
    assert_eq!(ledger.note, None);
    let Ruling::Superseded(conflict) = ledger.run(&at(15, On), false, Status::Performed) else { panic!() };
    let said = conflict.reason().message;
    assert_eq!(said, format!("A newer event, of 1970-01-01T00:00:20Z, decided this through {}.", later.id));
}

#[test]
fn a_refund_of_one_purchase_says_that_it_ends_what_another_one_gave() {
    for (refunded, other) in [("ord_1", 20), ("ord_2", 10)] {
        let mut ledger = Ledger::default();
        ledger.run_for(&at(10, On), Some("ord_1"), false, Status::Performed);
        ledger.run_for(&at(20, On), Some("ord_2"), false, Status::AlreadySo);
        ledger.run_for(&at(30, Off), Some(refunded), false, Status::Performed);
        let event = at(other, On).id.event;
        let says = format!("This also ends what the purchase of 1970-01-01 ({event}) gave.");
        assert_eq!(ledger.note, Some(says), "{refunded}");
    }
    // The same if the refund is retried, the second time by another rule's job, and if a later refund takes over.
    for again in [at(30, Off), Target::new(30, 30, Off, 2), at(40, Off)] {
        let mut ledger = Ledger::default();
        ledger.run_for(&at(10, On), Some("ord_1"), false, Status::Performed);
        ledger.run_for(&at(30, Off), Some("ord_2"), false, Status::Retrying);
        ledger.run_for(&again, Some("ord_2"), false, Status::Performed);
        assert!(ledger.note.as_ref().is_some_and(|note| note.starts_with("This also ends")), "{again:?}");
    }
    // A single purchase, a failed second purchase, and a cancellation without an order add no note.
    for (second, refunded) in [(Status::Rejected, Some("ord_1")), (Status::Performed, None)] {
        let mut ledger = Ledger::default();
        ledger.run_for(&at(10, On), Some("ord_1"), false, Status::Performed);
        ledger.run_for(&at(20, On), Some("ord_2"), false, second);
        ledger.run_for(&at(30, Off), refunded, false, Status::Performed);
        assert_eq!(ledger.note, None, "{refunded:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_stale_job_runs_and_only_decisive_jobs_supersede(
        seconds in prop::collection::vec(0..4_i64, 5),
        tries in prop::collection::vec((0..5_u8, any::<bool>(), 0..2_u8, any::<bool>(), 0..3_usize), 1..14),
    ) {
        let mut ledger = Ledger::default();
        for (fact, on, number, rerun, end) in tries {
            let job = Target::new(fact, seconds[usize::from(fact)], if on { On } else { Off }, number);
            let end = [Status::Performed, Status::Rejected, Status::Retrying][end];
            let (this, before) = (job.contender(), (ledger.tried.clone(), ledger.had.clone()));
            let open = |job: &JobId| ledger.records.get(job).is_some_and(|record| !record.status.is_final());
            let open: Vec<_> = before.0.iter().filter(|tried| open(&tried.job)).copied().collect();
            let (tried, had) = before;
            match said(&ledger.run(&job, rerun, end)) {
                Said::Take => {
                    let opposite = tried.iter().find(|it| it.overrules(&this) && it.intent != this.intent);
                    prop_assert!(opposite.is_none(), "{job:?} ran after its opposite {opposite:?}");
                    let newer = had.iter().find(|it| it.overrules(&this));
                    prop_assert!(newer.is_none(), "{job:?} ran after {newer:?} took effect");
                    let twice = had.iter().find(|it| {
                        it.fact() == this.fact() && it.intent == this.intent && it.job != this.job
                    });
                    prop_assert!(twice.is_none(), "{job:?} ran although {twice:?} took effect");
                }
                Said::Superseded(by) => {
                    let decides = |it: &&Contender| {
                        it.intent != this.intent || had.contains(it) || open.contains(it)
                    };
                    let by = tried.iter().filter(|it| it.job == by && it.overrules(&this)).find(decides);
                    prop_assert!(by.is_some(), "{job:?} was superseded by a job that decided nothing");
                }
                Said::Duplicate(of) => {
                    let same = |it: &Contender| it.fact() == this.fact() && it.intent == this.intent;
                    prop_assert!(had.iter().any(|it| it.job == of && same(it)), "{job:?} is no duplicate");
                }
                Said::Ended => prop_assert!(!open.contains(&this) && tried.contains(&this)),
                Said::Wait(_) => prop_assert!(false, "nothing is running"),
            }
        }
    }
}
