//! The functions' own time: start, first event, and CPU of an event, as release builds against an AWS and an app that
//! answer at once; beside them the same work in Python and in Node.js.
mod fixtures;
mod process;
mod sample;
mod stub;

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use stack::project;

use self::fixtures::{DECLARED, WITH_CODE};
use self::process::{Program, Times, instructions, megabytes, run};
use self::stub::Stub;
use crate::clock::percentile;
use crate::table::Table;

/// Events that are not measured, because the first ones open connections; and those that are.
const WARM: usize = 20;
const EVENTS: usize = 300;
/// The starts of each kind of function.
const STARTS: usize = 9;
/// The events after a start, of which the first is compared with the others.
const AFTER_START: usize = 40;

/// The functions that are built. Nothing else is built with them: its features would make them larger than those that are deployed.
const BUILD: [&str; 18] = [
    "build",
    "--release",
    "--package",
    "triggers",
    "--package",
    "mailchimp",
    "--package",
    "declared",
    "--package",
    "sweeper",
    "--package",
    "products",
    "--package",
    "prospects",
    "--package",
    "api",
    "--package",
    "console",
];

/// The functions that their start is compared with.
const BUILD_PEERS: [&str; 4] = ["build", "--release", "--package", "peers"];

/// The result.
pub(crate) struct Cpu {
    /// As text.
    pub(crate) report: String,
    /// The part of `latest.json`.
    pub(crate) figures: Value,
}

fn release(name: &str) -> PathBuf {
    project().join("target/release").join(name)
}

fn program(name: &str, handler: &'static str) -> Program {
    Program { command: vec![release(name).display().to_string()], handler }
}

/// Builds, and installs what the peers need.
fn prepare() -> [Program; 4] {
    let succeed = |command: &mut Command| {
        assert!(command.current_dir(project()).status().is_ok_and(|status| status.success()), "{command:?}");
    };
    for build in [&BUILD[..], &BUILD_PEERS] {
        succeed(Command::new("cargo").args(build));
    }
    let (from, to) = (project().join("tests/bench/peers/node"), project().join(".local/bench-node"));
    std::fs::create_dir_all(&to).expect("a folder");
    for file in ["main.mjs", "package.json", "package-lock.json"] {
        std::fs::copy(from.join(file), to.join(file)).expect("a copy");
    }
    let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"];
    succeed(Command::new("npm").args(quiet).arg(&to));
    let python = project().join(".local/venv/bin/python").display().to_string();
    let main = project().join("tests/bench/peers/python/main.py").display().to_string();
    let node = to.join("main.mjs").display().to_string();
    let peer =
        |command: [&str; 2], handler| Program { command: command.map(str::to_owned).to_vec(), handler };
    [
        peer([&python, &main], "trigger"),
        peer(["node", &node], "trigger"),
        peer([&python, &main], "connector"),
        peer(["node", &node], "connector"),
    ]
}

fn purchases(count: usize) -> Vec<String> {
    (0..count).map(fixtures::purchase).collect()
}

fn batches(count: usize, jobs: usize) -> Vec<String> {
    (0..count).map(|number| fixtures::batch(WITH_CODE, number * jobs, jobs)).collect()
}

/// Measures.
pub(crate) async fn measure() -> Cpu {
    let [python_trigger, node_trigger, python_connector, node_connector] = prepare();
    let (trigger, connector) = (program("triggers", "product_purchased"), program("mailchimp", "mailchimp"));
    let [none, one, ten] = [0, 1, 10].map(|rules| Stub::start(fixtures::world(rules)));
    let peers = Stub::start(fixtures::world_of_peers());

    let count = WARM + EVENTS;
    let cases = [
        ("trigger, one rule of 1,000 matches", &one, &trigger, purchases(count), 1.0),
        ("trigger, ten rules match", &ten, &trigger, purchases(count), 1.0),
        ("trigger, no rule matches", &none, &trigger, purchases(count), 1.0),
        ("connector, a job in a batch of ten", &one, &connector, batches(count / 4, 10), 10.0),
        ("connector, a job in a batch of one", &one, &connector, batches(count, 1), 1.0),
        ("Python, trigger, one rule matches", &peers, &python_trigger, purchases(count), 1.0),
        ("Node.js, trigger, one rule matches", &peers, &node_trigger, purchases(count), 1.0),
        ("Python, a job in a batch of ten", &peers, &python_connector, batches(count / 4, 10), 10.0),
        ("Node.js, a job in a batch of ten", &peers, &node_connector, batches(count / 4, 10), 10.0),
    ];
    let head =
        ["ms", "CPU p50", "p99", "until the response p50", "p99", "calls", "init", "first event", "MB"];
    let mut table = Table::new(head);
    let mut all = Vec::new();
    for (name, stub, program, events, jobs) in &cases {
        let times = run(stub, program, events, WARM).await;
        row(&mut table, name, &times, *jobs);
        all.push((times, *jobs));
    }
    let mut counted = Table::new(["instructions of an event, by callgrind", "million"]);
    for (name, program, event) in [
        ("trigger, one rule matches", &trigger, fixtures::purchase(0)),
        ("connector, a batch of ten jobs", &connector, fixtures::batch(WITH_CODE, 0, 10)),
    ] {
        let number = instructions(&one, program, &event).await;
        counted.row([
            name.to_owned(),
            number.map_or("no valgrind".to_owned(), |number| format!("{:.2}", number / 1e6)),
        ]);
    }
    let starts = starts(&one).await;
    let ms = |case: usize| thousandths(all[case].0.cpu_p50() / all[case].1);
    let figures = json!({
        "cpu_ms": {
            "trigger": ms(0), "connector_job": ms(3), "python_trigger": ms(5), "node_trigger": ms(6), "python_job": ms(7),
            "node_job": ms(8),
        },
        "init_ratio": starts.init_ratio,
        "init_ratio_sdk": starts.init_ratio_sdk,
        "first_event_ratio": starts.first_event_ratio,
        "rss_mb": { "trigger": tenths(all[0].0.rss), "connector": tenths(all[3].0.rss) },
    });
    let report = format!(
        "2. The functions' own time\n   Release builds against an AWS and an app that answer at once, without TLS; {EVENTS} \
         events after {WARM}. CPU is the time that the\n   process's threads ran.\n\n{}\n{}\n{}",
        table.text(),
        counted.text(),
        starts.report,
    );
    Cpu { report, figures }
}

fn row(table: &mut Table, name: &str, times: &Times, jobs: f64) {
    let each = |times: &[f64], percent| format!("{:.2}", percentile(times, percent) / jobs);
    table.row([
        name.to_owned(),
        each(&times.cpu, 50),
        each(&times.cpu, 99),
        each(&times.wall, 50),
        each(&times.wall, 99),
        format!("{:.1}", times.calls / jobs),
        format!("{:.1}", times.init),
        format!("{:.1}", times.first),
        format!("{:.1}", times.rss),
    ]);
}

struct Starts {
    report: String,
    init_ratio: f64,
    /// That of the function that makes one call to AWS.
    init_ratio_sdk: f64,
    first_event_ratio: f64,
}

/// The functions that the start of the engine's is compared with.
const HELLO: &str = "hello world";
const SDK: &str = "hello world, a call to AWS";

/// The start of each kind of function, compared with the smallest function of the same profile. The ratios are of CPU:
/// the time of a process that waits for the stub depends on the load of the machine.
async fn starts(stub: &Stub) -> Starts {
    let schedule = || vec![json!({ "source": "aws.events" }).to_string(); AFTER_START];
    let requests = |path: &str| vec![fixtures::request(path); AFTER_START];
    let declared = (0..AFTER_START).map(|number| fixtures::batch(DECLARED, number, 1)).collect();
    let kinds = [
        (HELLO, program("hello", "hello"), schedule()),
        (SDK, program("sdk", "sdk"), schedule()),
        ("trigger", program("triggers", "product_purchased"), purchases(AFTER_START)),
        ("connector", program("mailchimp", "mailchimp"), batches(AFTER_START, 1)),
        ("connector of an app that is data", program("declared", "mailerlite"), declared),
        ("sweeper", program("sweeper", "sweeper"), schedule()),
        (
            "products",
            program("products", "products"),
            vec![fixtures::fact("product-saved.live"); AFTER_START],
        ),
        (
            "prospects",
            program("prospects", "prospects"),
            vec![fixtures::fact("prospect-created.left-checkout"); AFTER_START],
        ),
        ("API, a listing", program("api", "operator"), requests("/operator/marketplaces")),
        ("console", program("console", "console"), requests("/")),
    ];
    // In turns, so that a load of the machine that lasts a while concerns all kinds.
    let mut samples = vec![Vec::new(); kinds.len()];
    for _ in 0..STARTS {
        for (samples, (_, program, events)) in samples.iter_mut().zip(&kinds) {
            samples.push(run(stub, program, events, 1).await);
        }
    }
    let mut table = Table::new([
        "a start, CPU in ms",
        "init",
        "of hello world",
        "first event",
        "a later one",
        "ratio",
        "time until ready",
        "until the first response",
        "file MB",
    ]);
    let (mut hello, mut init_ratio_sdk, mut init_ratio, mut first_event_ratio) = (0.0, 0.0, 0.0_f64, 0.0_f64);
    for ((name, program, _), samples) in kinds.iter().zip(&samples) {
        let median = |of: &dyn Fn(&Times) -> f64| {
            let mut sorted: Vec<_> = samples.iter().map(of).collect();
            sorted.sort_by(f64::total_cmp);
            percentile(&sorted, 50)
        };
        let (init, first) = (median(&|times| times.init_cpu), median(&|times| times.first_cpu));
        let later = median(&Times::cpu_p50);
        match *name {
            HELLO => hello = init,
            SDK => init_ratio_sdk = init / hello,
            _ => {
                init_ratio = init_ratio.max(init / hello);
                first_event_ratio = first_event_ratio.max(first / later);
            }
        }
        let file = megabytes(std::path::Path::new(&program.command[0]));
        let (ready, response) = (median(&|times| times.init), median(&|times| times.first));
        let numbers = [init, init / hello, first, later, first / later, ready, response, file];
        let numbers = numbers.map(|number| format!("{number:.2}"));
        table.row([(*name).to_owned()].into_iter().chain(numbers));
    }
    Starts {
        report: table.text(),
        init_ratio: hundredths(init_ratio),
        init_ratio_sdk: hundredths(init_ratio_sdk),
        first_event_ratio: hundredths(first_event_ratio),
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
