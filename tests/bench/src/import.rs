//! The time to parse, check and plan a document of rules before it is applied, within the documented limits; and
//! documents that are constructed to take long.
use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use domain::options::{MOST, OptionItem, Pulled};
use domain::rule::MOST_RULES;
use operations::rules::document::{LARGEST, Source};
use operations::rules::{ImportError, Others, Snapshot};
use serde_json::{Value, json};
use stack::now;

use crate::machine::on_processor;
use crate::table::Table;

/// Three seconds of a sixth of a core are half a second of a core, and a development build takes at least twice as
/// long.
const LONGEST: Duration = Duration::from_secs(1);

/// The measured values.
pub(crate) struct Import {
    pub(crate) report: String,
    /// Whether every document was planned in time.
    pub(crate) fast: bool,
}

pub(crate) fn run() -> Import {
    let mut table = Table::new(["document", "KB", "CPU ms", "result"]);
    let mut longest = Duration::ZERO;
    for (name, text) in within_limits().into_iter().chain(made_to_take_long()) {
        let kilobytes = (text.len() / 1_000).to_string();
        let source = Source::new("document.yaml".into(), text);
        let start = on_processor();
        let came_to = plan(&source);
        let took = on_processor().saturating_sub(start);
        longest = longest.max(took);
        table.row([name.to_owned(), kilobytes, took.as_millis().to_string(), came_to]);
    }
    let fast = longest <= LONGEST;
    let (most, said) = (LONGEST.as_millis(), if fast { "yes" } else { "NO" });
    let report =
        format!("Planning an import\n   at most {most} ms of a core each: {said}\n\n{}", table.text());
    Import { report, fast }
}

fn plan(source: &Source) -> String {
    let snapshot = Snapshot {
        marketplace: MarketplaceId::new("bench").expect("an id"),
        before: Vec::new(),
        accounts: vec![account()],
        lists: BTreeMap::from([(account().id, vec![options("audiences"), options("tags")].into())]),
        products: None,
    };
    let planned = source.parse().map_err(ImportError::from).and_then(|drafts| {
        let rules = snapshot.check(source, &drafts, now())?;
        snapshot.plan(source, &drafts, rules, Others::Go)
    });
    match planned {
        Ok(plan) => {
            let warnings: usize = plan.entries.iter().map(|entry| entry.warnings.len()).sum();
            format!("{} rules, {warnings} warnings", plan.entries.len())
        }
        Err(error) => {
            let malformed = match &error {
                ImportError::Malformed(error) => std::error::Error::source(error).map(ToString::to_string),
                ImportError::Invalid(_) | ImportError::Store(_) => None,
            };
            let error = malformed.unwrap_or_else(|| error.to_string());
            error.lines().last().unwrap_or_default().chars().take(60).collect()
        }
    }
}

/// Documents, each with its main content.
type Documents = Vec<(&'static str, String)>;

/// The maximum number of rules with the maximum content.
fn within_limits() -> Documents {
    let tags =
        |rule: usize| (0..25).map(|tag| format!("tag {}", (rule * 25 + tag) % MOST)).collect::<Vec<_>>();
    let only =
        |code: usize| json!([{ "field": "coupon_code", "operator": "equals", "value": code.to_string() }]);
    let products = |rule: usize| (0..30).map(|number| format!("p{}", rule * 30 + number)).collect::<Vec<_>>();
    let long = |rule: usize| {
        let condition = |number: usize| {
            let value: Vec<_> = (0..20).map(|value| format!("{rule} {number} {value}")).collect();
            json!({ "field": "coupon_code", "operator": "not_in", "value": value })
        };
        (0..45).map(condition).collect::<Value>()
    };
    vec![
        (
            "25 tags each, all others",
            document(MOST_RULES, |rule| json!({ "settings": settings(&tags(rule)) })),
        ),
        ("25 tags each, all the same", document(MOST_RULES, |_| json!({ "settings": settings(&tags(0)) }))),
        (
            "25 tags each, for coupons",
            document(MOST_RULES, |rule| json!({ "settings": settings(&tags(0)), "conditions": only(rule) })),
        ),
        (
            "30 products each",
            document(MOST_RULES, |rule| json!({ "global": false, "products": products(rule) })),
        ),
        ("45 long conditions each", document(40, |rule| json!({ "conditions": long(rule) }))),
    ]
}

fn settings(tags: &[String]) -> Value {
    json!({ "list_id": "tag 1", "tag": tags })
}

fn document(rules: usize, fields: impl Fn(usize) -> Value) -> String {
    let rule = |number: usize| {
        let mut rule = json!({
            "id": format!("rul_{number}"), "global": true, "trigger": "product_purchased", "integration": "Main",
            "action": "add_tag", "settings": settings(&["VIP".to_owned()]),
        });
        let Value::Object(fields) = fields(number) else { return rule };
        for (name, value) in fields {
            rule[name] = value;
        }
        rule
    };
    let rules: Vec<_> = (0..rules).map(rule).map(|rule| format!("  - {rule}\n")).collect();
    format!("rules:\n{}", rules.concat())
}

/// Documents of the maximum size.
fn made_to_take_long() -> Documents {
    let full =
        |start: &str, part: &str| format!("{start}{}", part.repeat((LARGEST - start.len()) / part.len()));
    let numbered = |start: &str, part: fn(usize) -> String| {
        let mut text = start.to_owned();
        (0..LARGEST)
            .map(part)
            .take_while(|part| {
                let fits = text.len() + part.len() <= LARGEST;
                if fits {
                    text.push_str(part);
                }
                fits
            })
            .for_each(drop);
        text
    };
    let rule = "rules:\n  - trigger: t\n    integration: i\n    action: a\n    settings:\n";
    vec![
        ("[[[[", full("rules: ", "[")),
        ("{a: {a: ", full("rules: ", "{a: ")),
        ("- - - -", full("rules:\n  ", "- ")),
        ("? ? ? ?", full("rules:\n  ", "? ")),
        ("[[],[],[],", full("rules: [", "[],")),
        ("tag directives", numbered("", |number| format!("%TAG !{number}! x\n"))),
        ("anchors", numbered(rule, |number| format!("      k{number}: &a{number} x\n"))),
        ("aliases", numbered(&format!("{rule}      a: &a [x]\n"), |number| format!("      k{number}: *a\n"))),
        ("one key twice", full(rule, "      a: x\n")),
        ("a long key", format!("{rule}      ? {}\n      : x\n", "k".repeat(LARGEST - 100))),
        ("a long text of escapes", format!("{rule}      a: \"{}\"\n", "\\x41".repeat(LARGEST / 4 - 50))),
        ("quotes", full(&format!("{rule}      a: '"), "''")),
        ("comments", full(rule, "#\n")),
        ("blank lines", full(&format!("{rule}      a: |\n"), "\n")),
        ("documents", full("", "---\n")),
    ]
}

fn account() -> Integration {
    serde_json::from_value(json!({
        "id": IntegrationId::new("int_main").expect("an id"), "marketplace": "bench", "app": "mailchimp",
        "label": "Main", "method": "api_key", "credentials": "x", "connection": { "state": "connected" },
        "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
    }))
    .expect("an account")
}

/// A list of the maximum number of options, named "tag" and a number.
fn options(list: &str) -> Pulled {
    let item = |number: usize| OptionItem::new(format!("{number}"), format!("tag {number}"));
    Pulled { list: list.to_owned(), items: (0..MOST).map(item).collect(), at: now(), truncated: false }
}
