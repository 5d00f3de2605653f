//! The deployed API against requests that its own document allows and forbids, by schemathesis, and against raw queries.
//! Each is answered in time.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use domain::app::App;
use domain::trigger::Trigger;
use futures::future::join_all;
use serde_json::json;

use super::edges::{LONGEST_ANSWER, raw};
use crate::stack::{API_KEY, Caller, Engine, ORIGIN, Portal, SIGNING_SECRET, Sample, Shop, Stacks, apart};

/// Every route is in one of them.
const PARTS: [&str; 4] = [
    "^/operator/",
    "^/v1/integrations",
    "^/v1/(rules|apps|triggers|products)",
    "^/v1/(?!integrations|rules|apps|triggers|products)",
];

/// Lists with many parameters.
const LISTS: [&str; 4] = ["/v1/actions", "/v1/events", "/v1/rules", "/v1/buyers/timeline"];

/// Parts of queries that no client library sends as they are.
const RAW: [&str; 12] = [
    "q=\"<{`|^}>\"",
    "%",
    "%zz=%",
    "q=%C3",
    "cursor=[[[[",
    "limit=+1",
    "limit=1e999",
    "&&==&",
    "q=;#",
    "email=a@b@c",
    "from=\\",
    "status=,,,",
];

/// The file with a part's requests and responses.
fn cassette(part: &str) -> String {
    let number = PARTS.iter().position(|other| *other == part).expect("a part");
    format!("cassette-{number}.yaml")
}

#[tokio::test]
async fn the_api_does_as_its_document_says_whatever_it_is_sent() {
    let _apart = apart().await;
    let shop = Shop::open_on(Engine::tried().await, "api-fuzz").await;
    // One record of each kind, so that more than "not found" is tested.
    shop.rule(
        "tell",
        Trigger::OrderCompleted,
        App::WEBHOOK,
        json!({ "action": "send_notify_url_post_for_orders" }),
    )
    .await;
    let event = shop.publish([Sample::read("order-completed.one-item").id("fuzz").now()]).await[0];
    shop.ended(event, 1).await;
    let portal = Portal::open(&shop.engine, "api-fuzz", "write").await;

    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let url = &shop.engine.outputs.api_url;
    let folder = project.join(".local/e2e/schemathesis");
    std::fs::create_dir_all(&folder).expect("a folder");
    let tried = project.join("tests/e2e/schemathesis");
    // The routes in parts, which run side by side.
    let runs = PARTS.map(|part| {
        let mut command = Command::new(project.join(".local/venv/bin/st"));
        command
            .arg("--config-file")
            .arg(tried.join("config.toml"))
            .args(["run", &format!("{url}/openapi.json"), "--url", url])
            .args(["--header", &format!("Authorization: Bearer {}", portal.token)])
            .args(["--header", &format!("Origin: {ORIGIN}")])
            .args(["--include-path-regex", part, "--max-examples", "2"])
            // The same requests each time, so that findings are reproducible.
            .args(["--seed", "20261122", "--generation-deterministic", "--request-timeout", "300"])
            .args(["--suppress-health-check", "all", "--output-sanitize", "false", "--no-color"])
            .args(["--report", "vcr", "--report-vcr-path", &cassette(part)])
            .env("SCHEMATHESIS_HOOKS", tried.join("signing.py"))
            .env("AWS_REGION", &shop.engine.outputs.region)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .current_dir(&folder);
        tokio::task::spawn_blocking(move || command.output().expect("st is installed"))
    });
    for run in join_all(runs).await {
        let run = run.expect("it ends");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    }

    // The session is still open, so the responses were more than rejections.
    portal.get("/v1/apps").await.expect(200);
    shop.engine.call(Caller::Operator, "GET", "/operator/apps", None).await.expect(200);

    // No response contains the credentials of the shop's accounts.
    let read =
        |part| std::fs::read_to_string(folder.join(cassette(part))).expect("what was sent and answered");
    let exchanged = PARTS.map(read).concat();
    assert!(exchanged.contains("int_webhook"), "the accounts were requested");
    for secret in [&API_KEY[..32], SIGNING_SECRET.trim_start_matches("whsec_")] {
        assert!(!exchanged.contains(secret), "a credential came back");
    }
}

#[tokio::test]
async fn a_raw_query_is_answered_in_time_and_fails_nothing() {
    let shop = Shop::open_on(Engine::tried().await, "api-raw-queries").await;
    let portal = Portal::open(&shop.engine, "api-raw-queries", "read").await;
    let token = format!("authorization: Bearer {}\r\n", portal.token);
    let long = format!("q={}", "\"[".repeat(3_000));
    let pairs = RAW.iter().enumerate().flat_map(|(number, one)| {
        RAW.iter()
            .enumerate()
            .map(move |(other, part)| (LISTS[(number + other) % LISTS.len()], format!("{one}&{part}")))
    });
    let queries: Vec<_> = pairs.chain(LISTS.map(|list| (list, long.clone()))).collect();
    let of = shop.clone();
    let asked = tokio::task::spawn_blocking(move || {
        for (list, query) in queries {
            let begun = Instant::now();
            let answer = raw(&of, &format!("{list}?{query}"), &token);
            let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
            assert!(status.is_some_and(|status| (200..500).contains(&status)), "{list}?{query}: {answer}");
            assert!(begun.elapsed() < LONGEST_ANSWER, "{list}?{query}: {:?}", begun.elapsed());
        }
    });
    asked.await.expect("each is answered");
    portal.get("/v1/rules").await.expect(200);
}
