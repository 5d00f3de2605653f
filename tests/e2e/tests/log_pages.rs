//! The logs by pages: all pages together are complete and in order, for every filter and page size.

use std::collections::BTreeSet;

use aws::store::{Entry, EventWrite, FactReceived, Waiting};
use domain::app::App;
use domain::fact::FactKind;
use domain::id::{BuyerKey, EventId, FactKey, IntegrationId, JobId, JobPart, MarketplaceId};
use domain::log::{ConfigEntry, JobRecord, Status};
use domain::page::{Listed, Position, Wanted};
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use jiff::{SignedDuration, Timestamp};
use operations::ListError;
use operations::buyers::TimeRange;
use operations::log::{ActionFilter, ConfigFilter, EventFilter};
use serde_json::json;

use crate::deployment;
use crate::stack::{Engine, Stacks, now};

/// A marketplace whose log is written directly into the table.
struct Log {
    engine: Engine,
    id: MarketplaceId,
    start: Timestamp,
    events: Vec<EventId>,
    actions: Vec<JobRecord>,
}

fn account(number: usize) -> IntegrationId {
    format!("int_{number}").parse().expect("an id")
}

impl Log {
    /// 90 orders of four buyers, several in the same millisecond; every third has no action, one has 60.
    async fn write(name: &str) -> Self {
        let engine = Engine::shared().await;
        // The log has millisecond precision.
        let start = Timestamp::from_millisecond(now().as_millisecond() - 7_200_000).expect("a time");
        let mut log =
            Self { engine, id: name.parse().expect("an id"), start, events: vec![], actions: vec![] };
        for number in 0..90 {
            let jobs = match number {
                41 => 60,
                number if number % 3 == 0 => 0,
                number => number % 4,
            };
            log.order(number, jobs).await;
        }
        log
    }

    fn buyer(&self, email: &str) -> BuyerKey {
        BuyerKey::of_email(&self.engine.secret, &self.id, email)
    }

    fn at(&self, number: usize) -> Timestamp {
        self.start + SignedDuration::from_millis(i64::try_from(number / 5).expect("small") * 1000)
    }

    async fn order(&mut self, number: usize, jobs: usize) {
        let email = format!("buyer-{}@pages.example.com", number % 4);
        let fact = format!("{number}");
        let id = EventId::new(self.at(number), self.buyer(&email), FactKey::of(&["order_completed", &fact]));
        let detail = json!({
            "id": fact, "marketplace_id": self.id, "occurred_at": id.at, "test_mode": true,
            "customer": { "id": "cus_1", "email": email, "first_name": "Ada" }, "items": [{
                "line_id": "li_1", "product_id": "sourdough", "name": "Sourdough", "role": "primary",
                "quantity": 1, "price": { "amount": 4900, "currency": "USD" },
            }],
            "order": { "id": format!("ord_{}", number / 2), "total": { "amount": 4900, "currency": "USD" } },
        });
        let seen = FactReceived {
            id,
            marketplace: &self.id,
            fact_id: &fact,
            detail_type: "Order Completed",
            email: &email,
            detail: &detail.to_string(),
            now: now(),
        };
        let ids: Vec<JobId> =
            (0..jobs).map(|job| JobId { event: id, part: JobPart::of(&[&job.to_string()]) }).collect();
        let verdict =
            if jobs > 0 { json!({ "is": "fired", "jobs": ids }) } else { json!({ "is": "disabled" }) };
        let verdict: RuleVerdict =
            serde_json::from_value(json!({ "rule": "rul_1", "verdict": verdict })).expect("a verdict");
        let decision = EventWrite::Verdicts(Trigger::OrderCompleted, std::slice::from_ref(&verdict));
        self.engine.store.record_event(&seen, decision).await.expect("written");
        self.events.push(id);
        for (index, id) in ids.into_iter().enumerate() {
            let record = json!({
                "id": id, "marketplace": self.id, "rule": format!("rul_{}", index % 2), "trigger": "order_completed",
                "integration": account(index % 3), "app": if index % 3 == 0 { "kit" } else { "webhook" },
                "action": "add_tag", "intent": "on", "email": email, "occurred_at": id.event.at,
                "updated_at": now(), "status": if number.is_multiple_of(2) { "performed" } else { "rejected" },
                "attempts": 1, "history": [], "reason": { "message": format!("Number {number}.") },
            });
            let record: JobRecord = serde_json::from_value(record).expect("a record");
            self.engine.store.record_job(&record, "", Waiting::No, now()).await.expect("written");
            self.actions.push(record);
        }
    }

    /// All pages of a filter, each with at most `limit` entries, as one list.
    async fn actions(&self, filter: &ActionFilter, limit: usize) -> Vec<JobId> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let wanted = Wanted { cursor: cursor.as_deref(), limit };
            let page = deployment::of(&self.engine).log().actions(&self.id, filter, wanted, now()).await;
            let page = page.expect("a page");
            assert!(page.items.len() <= limit);
            all.extend(page.items.iter().map(|action| action.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return all;
            }
        }
    }

    async fn events(&self, filter: &EventFilter, limit: usize) -> Vec<EventId> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let wanted = Wanted { cursor: cursor.as_deref(), limit };
            let page = deployment::of(&self.engine).log().events(&self.id, filter, wanted, now()).await;
            let page = page.expect("a page");
            assert!(page.items.len() <= limit);
            all.extend(page.items.iter().map(|event| event.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return all;
            }
        }
    }

    /// The expected actions, newest first.
    fn expected(&self, is_wanted: impl Fn(&JobRecord) -> bool) -> Vec<JobId> {
        let mut ids: Vec<_> =
            self.actions.iter().filter(|action| is_wanted(action)).map(|action| action.id).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(Position::of_job(id)));
        ids
    }

    fn expected_events(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<EventId> {
        let mut ids: Vec<_> =
            (0..).zip(&self.events).filter(|(number, _)| is_wanted(*number)).map(|(_, id)| *id).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(Position::of_event(id)));
        ids
    }
}

fn same<T: std::fmt::Debug + Ord + Copy>(found: &[T], expected: &[T], what: &str) {
    assert!(!expected.is_empty(), "{what}: nothing is expected");
    let twice = found.len() - found.iter().collect::<BTreeSet<_>>().len();
    assert_eq!((found.len(), twice), (expected.len(), 0), "{what}");
    assert_eq!(found, expected, "{what}");
}

#[tokio::test]
async fn pages_of_actions_are_all_of_them_in_order_whatever_is_filtered() {
    let log = Log::write("log-pages").await;
    Log::write("log-pages-neighbour").await;
    let any = ActionFilter::default;
    let number = |action: &JobRecord| log.events.iter().position(|id| *id == action.id.event).expect("known");
    let (from, to) = (log.at(20), log.at(60));
    let buyer = "buyer-1@pages.example.com";
    for limit in [7, 25, 100] {
        let all = log.actions(&any(), limit).await;
        same(&all, &log.expected(|_| true), &format!("all by {limit}"));
    }
    for limit in [12, 100] {
        let check = async |what: &str, filter: ActionFilter, wanted: &dyn Fn(&JobRecord) -> bool| {
            same(&log.actions(&filter, limit).await, &log.expected(wanted), &format!("{what} by {limit}"));
        };
        let one = || Some(account(1));
        check("account", ActionFilter { integration: one(), ..any() }, &|a| a.integration == account(1))
            .await;
        check("rule", ActionFilter { rule: Some("rul_1".parse().expect("an id")), ..any() }, &|a| {
            a.rule.as_str() == "rul_1"
        })
        .await;
        check("status", ActionFilter { statuses: vec![Status::Rejected], ..any() }, &|a| {
            a.status == Status::Rejected
        })
        .await;
        let of_one = ActionFilter { statuses: vec![Status::Rejected], integration: one(), ..any() };
        check("status in an account", of_one, &|a| {
            a.status == Status::Rejected && a.integration == account(1)
        })
        .await;
        check("success", ActionFilter { statuses: vec![Status::Performed], ..any() }, &|a| {
            a.status == Status::Performed
        })
        .await;
        check("app", ActionFilter { app: Some(App::KIT), ..any() }, &|a| a.app == App::KIT).await;
        check("time", ActionFilter { from: Some(from), to: Some(to), ..any() }, &|a| {
            (from..to).contains(&a.occurred_at)
        })
        .await;
        let timed = ActionFilter { integration: one(), from: Some(from), to: Some(to), ..any() };
        check("account and time", timed, &|a| {
            a.integration == account(1) && (from..to).contains(&a.occurred_at)
        })
        .await;
        let key = Some(log.buyer(&buyer.to_uppercase()));
        check("buyer", ActionFilter { buyer: key, ..any() }, &|a| a.email == buyer).await;
        check("text", ActionFilter { text: Some("number 41.".to_owned()), ..any() }, &|a| number(a) == 41)
            .await;
        let order = |number: usize| Some(format!("ord_{}", number / 2));
        check("order", ActionFilter { order_id: order(41), ..any() }, &|a| number(a) / 2 == 20).await;
        check("order of a buyer", ActionFilter { order_id: order(41), buyer: key, ..any() }, &|a| {
            number(a) == 41
        })
        .await;
        check(
            "order in an account",
            ActionFilter { order_id: order(41), integration: one(), ..any() },
            &|a| number(a) / 2 == 20 && a.integration == account(1),
        )
        .await;
    }
    let nothing = ActionFilter { from: Some(to), to: Some(from), ..any() };
    assert!(log.actions(&nothing, 25).await.is_empty());
}

#[tokio::test]
async fn pages_of_events_are_all_of_them_in_order_whatever_is_filtered() {
    let log = Log::write("log-pages-events").await;
    let any = EventFilter::default;
    for limit in [7, 100] {
        let check = async |what: &str, filter: EventFilter, wanted: &dyn Fn(usize) -> bool| {
            let found = log.events(&filter, limit).await;
            same(&found, &log.expected_events(wanted), &format!("{what} by {limit}"));
        };
        check("all", any(), &|_| true).await;
        check("kind", EventFilter { kind: Some(FactKind::OrderCompleted), ..any() }, &|_| true).await;
        check("trigger", EventFilter { trigger: Some(Trigger::ProductPurchased), ..any() }, &|_| true).await;
        let silent = EventFilter { fired: Some(false), ..any() };
        check("silent", silent, &|n| n != 41 && (n % 3 == 0 || n % 4 == 0)).await;
        let buyer = EventFilter { buyer: Some(log.buyer("buyer-3@pages.example.com")), ..any() };
        check("buyer", buyer, &|n| n % 4 == 3).await;
        let (from, to) = (log.at(20), log.at(60));
        check("time", EventFilter { from: Some(from), to: Some(to), ..any() }, &|n| (20..60).contains(&n))
            .await;
        check("order", EventFilter { order_id: Some("ord_20".to_owned()), ..any() }, &|n| n / 2 == 20).await;
        check("text", EventFilter { text: Some("BUYER-2@".to_owned()), ..any() }, &|n| n % 4 == 2).await;
    }
    assert!(
        log.events(&EventFilter { trigger: Some(Trigger::UpsellPurchased), ..any() }, 25).await.is_empty()
    );

    let (mut timeline, mut cursor): (Vec<Position>, Option<String>) = (Vec::new(), None);
    loop {
        let wanted = Wanted { cursor: cursor.as_deref(), limit: 9 };
        let buyer = log.buyer("buyer-1@pages.example.com");
        let engine = deployment::of(&log.engine);
        let page: Listed<Entry> = engine
            .buyers()
            .timeline(&log.id, buyer, TimeRange::default(), wanted, now())
            .await
            .expect("a page");
        timeline.extend(page.items.iter().map(|entry| match entry {
            Entry::Event(event) => Position::of_event(&event.id),
            Entry::Action(action) => Position::of_job(&action.id),
        }));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let events = log.expected_events(|n| n % 4 == 1).iter().map(Position::of_event).collect::<Vec<_>>();
    let actions =
        log.expected(|a| a.email.starts_with("buyer-1@")).iter().map(Position::of_job).collect::<Vec<_>>();
    let mut expected = [events, actions].concat();
    expected.sort_by_key(|place| std::cmp::Reverse(*place));
    same(&timeline, &expected, "the timeline");
}

#[tokio::test]
async fn a_cursor_of_somebody_else_or_of_other_filters_is_refused() {
    let log = Log::write("log-cursors").await;
    let other: MarketplaceId = "log-cursors-other".parse().expect("an id");
    let any = ActionFilter::default();
    let list = async |m: &MarketplaceId, filter: &ActionFilter, cursor: Option<&str>| {
        deployment::of(&log.engine).log().actions(m, filter, Wanted { cursor, limit: 5 }, now()).await
    };
    let cursor = list(&log.id, &any, None).await.expect("a page").next_cursor.expect("more");
    list(&log.id, &any, Some(&cursor)).await.expect("the second page");
    let filtered = ActionFilter { app: Some(App::KIT), ..ActionFilter::default() };
    for (m, filter, cursor) in
        [(&other, &any, cursor.as_str()), (&log.id, &filtered, &cursor), (&log.id, &any, "garbage")]
    {
        let refused = list(m, filter, Some(cursor)).await.expect_err("another listing's cursor");
        assert!(matches!(refused, ListError::Cursor(_)), "{refused}");
    }
}

#[tokio::test]
async fn the_configuration_log_has_pages_too() {
    let engine = Engine::shared().await;
    let m: MarketplaceId = "log-configuration".parse().expect("an id");
    let start = now();
    let at = |millis: i64| start + SignedDuration::from_millis(millis);
    for number in 0..12_i64 {
        let id = account(1 + usize::try_from(number % 2).expect("small"));
        let message = format!("Step {number}.");
        let result = if number == 7 { Err(message) } else { Ok(message) };
        let action = format!("Step {}", number % 3);
        let entry = ConfigEntry::of_account(&id, App::KIT, &action, result, at(number / 3));
        engine.store.log_config(&m, &entry).await.expect("written");
    }
    let read = async |filter: ConfigFilter| {
        let (mut found, mut cursor): (Vec<ConfigEntry>, Option<String>) = (Vec::new(), None);
        loop {
            let wanted = Wanted { cursor: cursor.as_deref(), limit: 2 };
            let page = deployment::of(&engine).log().configuration(Some(&m), &filter, wanted, now()).await;
            let page = page.expect("a page");
            assert!(page.items.len() <= 2);
            found.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let numbers = async |filter: ConfigFilter| -> Vec<String> {
        let found = read(filter).await.into_iter();
        found
            .map(|entry| entry.message.trim_start_matches("Step ").trim_end_matches('.').to_owned())
            .collect()
    };
    let any = ConfigFilter::default;
    let all = read(any()).await;
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted_by_key(|entry| std::cmp::Reverse(entry.at)), "{all:?}");
    let of_one = ConfigFilter { integration: Some(account(2)), ..any() };
    assert_eq!(numbers(of_one).await, ["11", "9", "7", "5", "3", "1"]);
    assert_eq!(numbers(ConfigFilter { ok: Some(false), ..any() }).await, ["7"]);
    assert_eq!(numbers(ConfigFilter { text: Some("STEP 11".to_owned()), ..any() }).await, ["11"]);
    let span = |from: i64, to: i64| ConfigFilter { from: Some(at(from)), to: Some(at(to)), ..any() };
    let mut second = numbers(span(1, 2)).await;
    second.sort();
    assert_eq!(second, ["3", "4", "5"]);
    for nothing in [span(2, 2), span(3, 1), span(9, 90)] {
        assert!(numbers(nothing).await.is_empty());
    }
}
