use proptest::prelude::*;

use super::*;

const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn sealed(token: u64) -> Ciphertext {
    Ciphertext(token.to_string())
}

fn pair(token: u64, expires_at: i64) -> Pair {
    Pair { access: sealed(token), refresh: sealed(token), expires_at: at(expires_at) }
}

fn tokens(expires_at: i64) -> Tokens {
    Tokens::connected(None, pair(1, expires_at), "stamp".to_owned())
}

fn refused() -> Answer {
    Answer::Refused(Reason::new("Kit refuses it.").hint("Connect it again."))
}

fn issued(token: u64) -> Answer {
    Answer::Issued { access: sealed(token), refresh: sealed(token), expires_at: at(1_000_000) }
}

#[test]
fn a_token_is_used_while_it_is_good_for_a_minute_more() {
    let step = |now| tokens(1000).next(Seen::default(), at(now));
    assert_eq!((step(940), step(941)), (Step::Use, Step::Refresh));
}

#[test]
fn a_token_that_came_while_waiting_is_used_however_brief_but_not_once_it_has_expired() {
    let seen = Seen { first: Some(0), refused: None };
    assert_eq!(tokens(1000).next(seen, at(999)), Step::Use);
    assert_eq!(tokens(1000).next(seen, at(1000)), Step::Refresh);
}

#[test]
fn a_token_that_the_app_has_refused_is_not_used_again() {
    let seen = Seen { first: None, refused: Some(1) };
    assert_eq!(tokens(1000).next(seen, at(0)), Step::Refresh);
    let leased = tokens(1000).leased("a".into(), at(30), "s".into());
    let renewed = leased.settled(&leased, issued(2), "t".into());
    assert_eq!(renewed.unwrap().next(seen, at(0)), Step::Use);
}

#[test]
fn one_caller_asks_and_the_others_wait_until_the_lease_ends() {
    let leased = tokens(0).leased("a".into(), at(30), "s".into());
    assert_eq!(leased.next(Seen::default(), at(29)), Step::Wait(at(30)));
    assert_eq!(leased.next(Seen::default(), at(30)), Step::Refresh);
    assert!(!leased.lease.as_ref().unwrap().lost);
    assert!(leased.leased("b".into(), at(60), "t".into()).lease.unwrap().lost, "a's answer may be lost");
}

#[test]
fn a_temporary_failure_delays_the_next_refresh_and_records_a_possible_loss() {
    for lost in [false, true] {
        let reason = Reason::new("Kit did not answer.");
        let answer = Answer::Failed { until: at(5), reason: reason.clone(), lost };
        let leased = tokens(0).leased("a".into(), at(30), "s".into());
        let rests = leased.settled(&leased, answer, "t".into()).unwrap();
        assert_eq!(rests.next(Seen::default(), at(4)), Step::Failed(at(5), reason));
        assert_eq!(rests.next(Seen::default(), at(5)), Step::Refresh);
        assert_eq!(rests.leased("b".into(), at(60), "u".into()).lease.unwrap().lost, lost);
    }
}

#[test]
fn the_time_that_the_app_names_is_kept() {
    let answer = Answer::Limited(at(500), Reason::new("Too many requests."));
    let leased = tokens(0).leased("a".into(), at(30), "s".into());
    let rests = leased.settled(&leased, answer, "t".into()).unwrap();
    let step = rests.next(Seen::default(), at(499));
    assert_eq!(step, Step::Limited(at(500), Reason::new("Too many requests.")));
}

#[test]
fn a_refusal_blocks_refreshes_until_the_account_is_reconnected() {
    let leased = tokens(0).leased("a".into(), at(30), "s".into());
    let ended = leased.settled(&leased, refused(), "t".into()).unwrap();
    let Step::Reconnect(reason) = ended.next(Seen::default(), at(99_999)) else { panic!("{ended:?}") };
    assert_eq!(reason.message, "Kit refuses it.");
    let again = Tokens::connected(Some(&ended), pair(9, 1_000_000), "u".into());
    assert_eq!((again.next(Seen::default(), at(0)), again.version), (Step::Use, 3));
}

#[test]
fn a_refresher_that_was_overtaken_by_a_reconnect_changes_nothing() {
    let leased = tokens(0).leased("a".into(), at(30), "s".into());
    let again = Tokens::connected(Some(&leased), pair(9, 1_000_000), "t".into());
    for answer in [issued(2), refused()] {
        assert_eq!(again.settled(&leased, answer, "u".into()), None);
    }
}

/// An app whose refresh tokens work once; with `reuse`, old ones as well.
struct App {
    last: u64,
    reuse: bool,
    asked: usize,
}

impl App {
    fn ask(&mut self, refresh: &Ciphertext) -> Answer {
        self.asked += 1;
        if !self.reuse && *refresh != sealed(self.last) {
            return refused();
        }
        self.last += 1;
        issued(self.last)
    }
}

/// The state of a function that needs a token.
#[derive(Debug, Clone)]
enum Caller {
    Looks { may_ask: bool, first: Option<u64> },
    Takes(Tokens),
    Asks { taken: Tokens, until: Timestamp },
    Settles { taken: Tokens, answer: Answer },
    Ended(Step),
    Crashed,
}

struct World {
    app: App,
    stored: Tokens,
    callers: Vec<Caller>,
    now: i64,
    stamps: u64,
}

impl World {
    fn new(callers: usize, reuse: bool) -> Self {
        let caller = Caller::Looks { may_ask: true, first: None };
        let app = App { last: 1, reuse, asked: 0 };
        Self { app, stored: tokens(0), callers: vec![caller; callers], now: 0, stamps: 0 }
    }

    fn stamp(&mut self) -> String {
        self.stamps += 1;
        self.stamps.to_string()
    }

    /// Runs one step of one caller.
    fn step(&mut self, index: usize) {
        let next = match self.callers[index].clone() {
            Caller::Looks { may_ask, first } => {
                let first = first.or(Some(self.stored.version));
                match self.stored.next(Seen { first, refused: None }, at(self.now)) {
                    Step::Wait(_) => Caller::Looks { may_ask, first },
                    Step::Refresh if may_ask => Caller::Takes(self.stored.clone()),
                    step => Caller::Ended(step),
                }
            }
            Caller::Takes(seen) if seen.stamp == self.stored.stamp => {
                let (token, stamp) = (self.stamp(), self.stamp());
                let until = at(self.now) + LEASE;
                self.stored = seen.leased(token, until, stamp);
                Caller::Asks { taken: self.stored.clone(), until }
            }
            Caller::Takes(seen) => Caller::Looks { may_ask: true, first: Some(seen.version) },
            // A caller whose lease ended before it asked does not ask.
            Caller::Asks { taken, until } if until <= at(self.now) => {
                Caller::Looks { may_ask: false, first: Some(taken.version) }
            }
            Caller::Asks { taken, .. } => {
                let answer = self.app.ask(&taken.refresh);
                Caller::Settles { taken, answer }
            }
            Caller::Settles { taken, answer } => {
                let stamp = self.stamp();
                if let Some(after) = self.stored.settled(&taken, answer, stamp) {
                    self.stored = after;
                }
                Caller::Looks { may_ask: false, first: Some(taken.version) }
            }
            ended => ended,
        };
        self.callers[index] = next;
    }

    /// Runs all callers to their end.
    fn finish(&mut self) {
        for _ in 0..10 {
            for index in 0..self.callers.len() {
                for _ in 0..5 {
                    self.step(index);
                }
            }
            self.now += LEASE.as_secs();
        }
        assert!(self.callers.iter().all(|caller| matches!(caller, Caller::Ended(_) | Caller::Crashed)));
    }

    fn reconnects(&self) -> impl Iterator<Item = &Reason> {
        self.callers.iter().filter_map(|caller| match caller {
            Caller::Ended(Step::Reconnect(reason)) => Some(reason),
            _ => None,
        })
    }
}

proptest! {
    #[test]
    fn the_app_is_asked_once_for_any_number_of_concurrent_callers(
        order in prop::collection::vec(0usize..5, 0..60),
    ) {
        let mut world = World::new(5, false);
        for index in order {
            world.step(index);
        }
        world.finish();
        prop_assert_eq!(world.app.asked, 1);
        prop_assert!(world.callers.iter().all(|caller| matches!(caller, Caller::Ended(Step::Use))));
    }

    #[test]
    fn the_stored_pair_is_the_apps_latest_even_if_leases_expire(
        order in prop::collection::vec((0usize..5, 0i64..40), 0..60),
        reuse: bool,
    ) {
        let mut world = World::new(5, reuse);
        for (index, seconds) in order {
            world.step(index);
            world.now += seconds;
        }
        world.finish();
        prop_assert_eq!(&world.stored.refresh, &sealed(world.app.last));
        prop_assert!(!reuse || world.reconnects().next().is_none());
    }

    #[test]
    fn a_crash_requires_a_reconnect_only_if_the_app_rejects_reused_tokens(
        order in prop::collection::vec((0usize..5, 0i64..40, prop::bool::weighted(0.1)), 0..60),
        reuse: bool,
    ) {
        let mut world = World::new(5, reuse);
        for (index, seconds, crash) in order {
            world.step(index);
            world.now += seconds;
            if crash {
                world.callers[index] = Caller::Crashed;
            }
        }
        world.finish();
        for reason in world.reconnects() {
            prop_assert!(!reuse && reason.message.contains("could not be stored"), "{reason:?}");
        }
    }
}
