//! Tests of the messages for invalid input.

use std::fs;
use std::path::Path;

use crate::{engine, folder};

/// A deployment that is not running.
const OUTPUTS: &str = r#"{"endpoint_url": "http://127.0.0.1:1", "region": "us-east-1", "bus": "commerce", "source": "commerce",
    "table": "t", "queues": {}, "functions": {"mailchimp": "m", "kit": "k", "highlevel": "h", "circle": "c", "kajabi": "j",
    "thinkific": "t", "webhook": "w", "prospects": "p"}, "dlqs": {}, "facts_queue_url": "http://127.0.0.1:1/facts",
    "schedule_group": "g", "kms_key_id": "k", "demo": {"marketplace_id": "demo"}}"#;
/// Words of parsers and of Rust, which no message may contain.
const FOREIGN: [&str; 12] = [
    "struct",
    "sequence",
    "invalid type",
    "unknown variant",
    "serde",
    "regex",
    "\\S",
    "at line",
    "Some(",
    "None",
    "ValidationException",
    "dispatch failure",
];

/// The message of a command that fails with this code.
fn refused(folder: &Path, args: &[&str], code: i32) -> String {
    let run = engine(folder, args);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(code), "{args:?}: {said}");
    assert!(!FOREIGN.iter().any(|word| said.contains(word)), "{args:?}: {said}");
    said
}

fn here(name: &str, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    let folder = folder(name);
    fs::write(folder.join("outputs.json"), OUTPUTS).unwrap();
    for (file, bytes) in files {
        fs::write(folder.join(file), bytes).unwrap();
    }
    folder
}

#[test]
fn where_nothing_listens_the_address_and_the_remedy_are_said_in_two_lines() {
    let said = refused(&here("nothing-listens", &[]), &["integrations"], 1);
    assert!(
        said.contains("nothing listens on http://127.0.0.1:1; start local AWS with `make run`"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_told_why_and_where() {
    let entry = br#"[{"Source": "shop", "DetailType": "Order Completed", "Detail": "{}"}]"#;
    let folder = here(
        "files",
        &[
            ("empty.yaml", b""),
            ("latin1.yaml", b"rules: [] # Caf\xe9"),
            ("list.yaml", b"- trigger: t\n"),
            ("mark.yaml", b"\xef\xbb\xbfrules: 7\n"),
            ("mistakes.yaml", b"rules:\n  - trigger: 7\n    integration: i\n    actoin: a\n"),
            ("text.json", b"nothing"),
            ("object.json", b"{}"),
            ("detail.json", br#"[{"Source": "commerce", "DetailType": "Order Completed", "Detail": {}}]"#),
            ("source.json", entry),
        ],
    );
    for (args, said) in [
        (["rules", "apply", "absent.yaml"], &["absent.yaml cannot be read"][..]),
        (["rules", "apply", "empty.yaml"], &["empty.yaml is empty"]),
        (["rules", "apply", "latin1.yaml"], &["latin1.yaml is not written in UTF-8"]),
        (["rules", "apply", "list.yaml"], &["a list is not an object with the fields marketplace, rules"]),
        (["rules", "apply", "mark.yaml"], &["mark.yaml:1:8: `rules` is a list of objects, not a number"]),
        (
            ["rules", "apply", "mistakes.yaml"],
            &[
                "the file has 3 errors",
                "mistakes.yaml:2:14: rule 1: `trigger` is text, not a number",
                "mistakes.yaml:4:13: rule 1: the field `actoin` does not exist",
                "mistakes.yaml:2:5: rule 1: the field `action` is missing",
            ],
        ),
        (["publish", "text.json", "--fresh"], &["text.json:1:2: this is not valid JSON"]),
        (["publish", "object.json", "--fresh"], &[r#"object.json: give a list: [{"Source""#]),
        (
            ["publish", "detail.json", "--fresh"],
            &["entry 1: `Detail` must be text that holds JSON, and is an object"],
        ),
        (
            ["publish", "source.json", "--fresh"],
            &[
                "`Source` is `shop`, and this deployment accepts only: commerce",
                "add `shop` to the stack's parameter Source",
            ],
        ),
        (
            ["buyer", "timeline", "ada@example.com"],
            &["the outputs file does not name the secret of the digests (`digest_secret_arn`)"],
        ),
    ] {
        let told = refused(&folder, &args, 1);
        for said in said {
            assert!(told.contains(said), "{args:?}: {told}");
        }
    }
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_called() {
    let folder = here("usage", &[]);
    for (args, code, said) in [
        (&["log", "--since", "1h", "--until", "2h"][..], 1, "is not after --since"),
        (&["events", "--since", "1h", "--until", "1h"], 1, "is not after --since"),
        (&["replay", "--since", "1h", "--until", "2h"], 1, "is not after --since"),
        (&["dry-run", "rul_1", "--since", "2999-01-01T00:00:00Z"], 1, "is not after --since"),
        (&["wait"], 2, "--event <ID>"),
        (
            &["login", "webhook", "--label", "x", "--redirect-uri", "https://x.example.com"],
            1,
            "Webhook has no login: `engine connect webhook",
        ),
        (
            &["connect", "highlevel", "--label", "x", "--set", "api_key=k"],
            1,
            "HighLevel is connected by logging in: `engine login highlevel",
        ),
        (&["log", "--status", "broken"], 2, "status `broken` does not exist; the statuses are"),
        (&["buyer", "erase", "ada@example.com"], 1, "the command requires confirmation"),
    ] {
        let told = refused(&folder, args, code);
        assert!(told.contains(said), "{args:?}: {told}");
    }
}

#[test]
fn a_value_of_half_a_megabyte_is_not_echoed_whole() {
    let folder = here("long", &[]);
    let long = "x".repeat(120_000);
    for args in [&["log", "--status", &long][..], &["event", &long], &["log", "--rule", &long]] {
        let told = refused(&folder, args, 2);
        assert!(told.len() < 4000, "{} bytes", told.len());
    }
}

#[test]
fn outputs_that_describe_no_deployment_are_told_what_they_lack() {
    let folder = folder("outputs");
    for (text, said) in [
        (&b""[..], "outputs.json is empty"),
        (b"[]", "it must be an object"),
        (
            b"{\"region\": \"us-east-1\"}",
            "`bus`, `table`, `queues`, `dlqs`, `facts_queue_url`, `schedule_group`, `functions`, `kms_key_id` is missing; \
             generate it again from the deployment's outputs",
        ),
        (OUTPUTS.replace("\"us-east-1\"", "7").as_bytes(), "`region` has a value of the wrong type"),
        (b"\xff\xfe{", "is not written in UTF-8"),
    ] {
        fs::write(folder.join("outputs.json"), text).unwrap();
        let told = refused(&folder, &["integrations"], 1);
        assert!(told.contains(said), "{told}");
    }
}
