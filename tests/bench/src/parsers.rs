//! A search for inputs that a parser handles slowly: inputs are changed at random, and those that take the most time per
//! byte are changed further. The slowest of each parser is then enlarged to the parser's limit, and kept in `target` if it
//! takes too long.
//!
//! The documents of [`import`](crate::import) are constructed by hand; this search finds those that were not thought of.

mod inputs;
mod table;

use std::fs;
use std::time::Duration;

use fastrand::Rng;

use crate::machine::on_processor;
use crate::table::Table;
use inputs::{change, enlarged};
use table::{PARSERS, Parser};

/// Three seconds of a sixth of a core are half a second of a core, and a development build takes at least twice as
/// long.
const LONGEST: Duration = Duration::from_secs(1);
/// The CPU time that a search takes.
const EFFORT: Duration = Duration::from_secs(3);
/// The size of inputs during the search.
const SMALL: usize = 6_000;
/// The inputs that a search keeps.
const KEPT: usize = 24;
/// The inputs that are enlarged.
const ENLARGED: usize = 6;

/// The measured values.
pub(crate) struct Parsers {
    pub(crate) report: String,
    /// Whether every parser handled its slowest input in time.
    pub(crate) fast: bool,
}

pub(crate) fn run() -> Parsers {
    let mut table = Table::new(["parser", "inputs", "limit, bytes", "slowest, ms", "its beginning"]);
    let mut longest = Duration::ZERO;
    for parser in &PARSERS {
        let (tried, slowest) = search(parser);
        longest = longest.max(slowest.took);
        if slowest.took > LONGEST {
            fs::write(format!("target/{}.txt", parser.name), &slowest.text).expect("the build's folder");
        }
        table.row([
            parser.name.to_owned(),
            tried.to_string(),
            parser.limit.to_string(),
            format!("{:.1}", slowest.took.as_secs_f64() * 1e3),
            slowest.text.chars().take(40).flat_map(char::escape_debug).collect(),
        ]);
    }
    let fast = longest <= LONGEST;
    let (most, said) = (LONGEST.as_millis(), if fast { "yes" } else { "NO" });
    let report = format!("Parsers\n   at most {most} ms of a core for each: {said}\n\n{}", table.text());
    Parsers { report, fast }
}

/// An input, and the CPU time that its parser took.
struct Timed {
    text: String,
    took: Duration,
}

impl Timed {
    fn of(parser: &Parser, text: String) -> Self {
        let start = on_processor();
        (parser.parse)(&text);
        Self { took: on_processor().saturating_sub(start), text }
    }

    /// Nanoseconds per byte. Short inputs count as longer, because a call has a fixed cost.
    fn cost(&self) -> u128 {
        self.took.as_nanos() / self.text.len().max(256) as u128
    }
}

/// Returns the number of inputs, and the slowest of those that were enlarged.
fn search(parser: &Parser) -> (usize, Timed) {
    // A fixed seed: the inputs differ between runs only as far as the times do.
    let mut random = Rng::with_seed(15);
    let mut kept: Vec<Timed> = (parser.starts)().into_iter().map(|text| Timed::of(parser, text)).collect();
    let mut tried = kept.len();
    let start = on_processor();
    while on_processor().saturating_sub(start) < EFFORT {
        let [one, other] = [(); 2].map(|()| random.usize(..kept.len()));
        let text = change(&kept[one].text, &kept[other].text, SMALL.min(parser.limit), &mut random);
        let first = Timed::of(parser, text);
        tried += 1;
        let least = kept.iter().map(Timed::cost).min().unwrap_or_default();
        if kept.len() >= KEPT && first.cost() <= least {
            continue;
        }
        // A time may be high by chance; a second one confirms it.
        let second = Timed::of(parser, first.text.clone());
        kept.push(if second.took < first.took { second } else { first });
        kept.sort_by_key(|timed| std::cmp::Reverse(timed.cost()));
        kept.truncate(KEPT);
    }
    let slowest =
        kept.iter().take(ENLARGED).map(|timed| slowest(parser, &timed.text)).max_by_key(|timed| timed.took);
    (tried, slowest.expect("an input"))
}

/// Enlarges an input in steps, until it has the size of the limit or takes too long.
fn slowest(parser: &Parser, text: &str) -> Timed {
    let mut size = text.len().max(1);
    loop {
        size = parser.limit.min(size * 4);
        let timed = enlarged(text, size)
            .into_iter()
            .map(|text| Timed::of(parser, text))
            .max_by_key(|timed| timed.took);
        let timed = timed.expect("an input");
        if size == parser.limit || timed.took > LONGEST {
            return timed;
        }
    }
}
