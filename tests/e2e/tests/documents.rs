//! The commands of the documents, run in bash as they are written, in the order of each document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::stack::{API_KEY, Engine, Shop, Stacks, project, until};

/// The first words of commands. Other indented lines are output, JSON or code.
const PROGRAMS: [&str; 14] = [
    ".local/venv/bin/sam",
    "API",
    "TOKEN",
    "aws",
    "cargo",
    "curl",
    "engine",
    "export",
    "jq",
    "make",
    "merchant",
    "operator",
    "python3",
    "target/debug/engine",
];

const AWS: &str = "needs a deployment on AWS";
const SUITE: &str = "is or runs this test suite";
const LOGIN: &str = "needs a registration with the app and a person who logs in";
const PERSON: &str = "asks a person for confirmation";
/// The beginnings of commands that are not run, each with the reason. `make` prints its commands instead of running
/// them, so its targets and variables are checked.
const NOT_RUN: [(&str, &str); 15] = [
    (".local/venv/bin/sam delete", AWS),
    ("API=$(aws", AWS),
    ("aws ", "needs the AWS CLI, which the project does not install"),
    ("cargo ", SUITE),
    ("make stage && cargo test", SUITE),
    ("python3 infra/build/console.py", SUITE),
    ("engine --outputs production.json", AWS),
    ("target/debug/engine --outputs production.json", AWS),
    ("engine login", LOGIN),
    ("engine accept", LOGIN),
    ("merchant /v1/logins -d", LOGIN),
    ("merchant /v1/logins/finish", LOGIN),
    ("engine disconnect", PERSON),
    ("engine buyer erase", PERSON),
    ("engine facts discard", "needs the id of a refused fact"),
];

/// Texts that a document shortens or leaves to the reader, each with the command that prints the actual text.
const READ: [(&str, &str); 13] = [
    ("evt_06h009jb8qvf9…", "engine events --json | tail -n 1 | jq -j .id"),
    (
        "cancel job_06h009jb8qvf9…",
        "printf 'cancel %s' $(engine log --status held --limit 1 --json | jq -j .id)",
    ),
    (
        "job_06h009jb8qvf9…/cancel",
        "printf %s/cancel $(engine log --status held --limit 1 --json | jq -j .id)",
    ),
    ("job_06h009jb8qvf9…", "engine log --status rejected --limit 1 --json | jq -j .id"),
    ("ses_0123abcd", "engine sessions list --json | head -n 1 | jq -j .id"),
    ("rul_06h02…", "engine rules list --json | jq -sj '.[0].id'"),
    (
        "2cc7f9c4dd07f94c8486c5eb",
        "merchant /v1/rules/$(engine rules list --json | jq -sj '.[0].id') | jq -j .etag",
    ),
    ("int_06h02…", "engine integrations --json | jq -j 'select(.label == \"Spare\").id'"),
    (
        "if-match: \"…\"",
        "merchant /v1/integrations/$(engine integrations --json | jq -j 'select(.label == \"Spare\").id') -i \
         | sed -n 's/^etag: \\(.*\\)\\r/if-match: \\1/pI'",
    ),
    ("\"list_id\": \"…\"", "printf '\"list_id\": \"demo\"'"),
    ("…-us6", "printf 0123456789abcdef0123456789abcdef-us6"),
    (
        "{…}",
        "merchant /v1/rules?limit=1 | jq -c '.items[0] | {scope, trigger, integration, action, settings}'",
    ),
    ("<plan of the response>", "merchant /v1/rules/import -d @import.json | jq -j .plan"),
];

/// A document's path and its commands.
type Document = (PathBuf, Vec<String>);

/// The documents below a folder that have commands.
fn documents(folder: &Path, found: &mut Vec<Document>) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&&*name) {
            documents(&path, found);
        } else if name.ends_with(".md") {
            let commands = commands(&fs::read_to_string(&path).expect("a document"));
            found.extend((!commands.is_empty()).then_some((path, commands)));
        }
    }
}

/// The commands of a document: indented by four spaces, and joined until they are complete.
fn commands(document: &str) -> Vec<String> {
    let (mut commands, mut open, mut is_fenced) = (Vec::new(), String::new(), false);
    for line in document.lines() {
        is_fenced ^= line.trim_start().starts_with("```");
        let Some(code) = line.strip_prefix("    ").filter(|_| !is_fenced) else {
            // A placeholder such as `<table>` leaves a command incomplete.
            commands.extend((!open.is_empty()).then(|| std::mem::take(&mut open)));
            continue;
        };
        let program = code.split([' ', '=', '(']).next().unwrap_or_default();
        if open.is_empty() && !PROGRAMS.contains(&program) {
            continue;
        }
        open.push_str(code);
        open.push('\n');
        if !code.ends_with('\\') && is_complete(&open) {
            commands.push(std::mem::take(&mut open));
        }
    }
    commands
}

/// Whether bash can parse a text, and expects no more of it.
fn is_complete(text: &str) -> bool {
    Command::new("bash").args(["-n", "-c", text]).output().expect("bash runs").status.success()
}

/// A person who follows the documents after `make run`.
struct Reader {
    /// The current folder, with the files that the documents name.
    folder: PathBuf,
    shop: Shop,
}

impl Reader {
    async fn new() -> Self {
        let shop = Shop::bare_on(Engine::documented().await, "demo");
        let project = fs::canonicalize(project()).expect("the project's folder");
        let folder = project.join(".local/e2e-documents/reader");
        drop(fs::remove_dir_all(&folder));
        for created in [".local/share/bash-completion/completions", "target"] {
            fs::create_dir_all(folder.join(created)).expect("a folder");
        }
        for linked in ["Makefile", "events", "infra", "target/debug"] {
            std::os::unix::fs::symlink(project.join(linked), folder.join(linked)).expect("a link");
        }
        fs::copy(&shop.engine.outputs.file, folder.join(".local/outputs.json")).expect("copied");
        fs::write(folder.join("credentials.json"), json!({ "api_key": API_KEY }).to_string())
            .expect("written");
        let reader = Self { folder, shop };
        reader.runs_the_demo().await;
        reader
    }

    /// Runs the demo of `make run`, connects the accounts of examples that are not run, and makes actions that are
    /// rejected and held.
    async fn runs_the_demo(&self) {
        let outputs = &self.shop.engine.outputs;
        let demo = format!("OUTPUTS={} infra/local/demo.sh", outputs.file.display());
        self.attempt(&demo).await.expect("the demo of `make run`");
        for label in ["Newsletter", "Spare"] {
            let key = format!("api_key={API_KEY}");
            self.shop.engine(&["connect", "mailchimp", "--label", label, "--set", &key]).await;
        }
        let gone = json!({ "app": "webhook", "path": "^/demo$", "status": 404, "count": 2 });
        self.shop.engine.sandbox_post("/_faults", &gone).await;
        self.order("rejected").await;
        self.order("rejected").await;
        self.shop.engine(&["pause", "webhook", "--note", "it is down"]).await;
        self.order("held").await;
        self.order("held").await;
    }

    /// Publishes orders until the message of one has this status: a pause takes seconds to reach a connector.
    async fn order(&self, status: &str) {
        let sample = self.folder.join("events/samples/order-completed.one-item.json");
        let publish = ["publish", sample.to_str().expect("a path"), "--fresh", "--ids"];
        let mut last = json!(null);
        while last != status {
            let event = self.shop.engine(&publish).await;
            last = until(&format!("the message of {event}"), async || {
                let log = self.shop.engine(&["log", "--integration", "Demo webhook", "--json"]).await;
                let mut actions = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
                actions.find(|action| action["event"] == event.trim()).map(|action| action["status"].clone())
            })
            .await;
        }
    }

    /// Runs a command after the definitions of the commands before it.
    async fn run(&self, command: &str) -> Output {
        let limit = if command.contains("--watch") { "timeout --signal=INT 2 " } else { "" };
        let script = format!(
            "set -a; [ -e state ] && . ./state\n{limit}{command}\n\
             status=$?; export -p >state; declare -f >>state; exit $status"
        );
        let outputs = &self.shop.engine.outputs;
        let path = format!("{}:{}", self.folder.join("target/debug").display(), env!("PATH"));
        let mut bash = Command::new("bash");
        bash.args(["-c", &script])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("HOME", &self.folder)
            .env("MAKEFLAGS", "n")
            .env("ENGINE_OUTPUTS", &outputs.file)
            .env("AWS_ENDPOINT_URL", &outputs.endpoint_url)
            .stdin(Stdio::null());
        tokio::task::spawn_blocking(move || bash.output().expect("bash runs")).await.expect("it ends")
    }

    /// The output of a command, or its error if it fails. A command that is refused because another one has not ended
    /// is repeated.
    async fn attempt(&self, command: &str) -> Result<String, String> {
        until(command, async || {
            let run = self.run(command).await;
            let said = String::from_utf8_lossy(&run.stdout).into_owned();
            let is_stopped = command.contains("--watch") && run.status.code() == Some(124);
            if said.contains("problem:rate-limited") {
                None
            } else if said.contains("integration-engine:problem") || !(run.status.success() || is_stopped) {
                Some(Err(format!("{command}{said}{}", String::from_utf8_lossy(&run.stderr))))
            } else {
                Some(Ok(said))
            }
        })
        .await
    }

    /// Runs a command with the actual texts in the place of shortened ones.
    async fn follow(&self, command: &str) -> Result<String, String> {
        let mut read = command.to_owned();
        for (shortened, prints) in READ {
            if read.contains(shortened) {
                read = read.replace(shortened, self.attempt(prints).await?.trim());
            }
        }
        self.attempt(&read).await
    }
}

#[tokio::test]
async fn the_commands_of_the_documents_succeed_as_they_are_written() {
    for program in ["bash", "curl", "jq"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("The commands of the documents are not run: {program} is not installed.");
            return;
        }
    }
    let mut found = Vec::new();
    documents(&project(), &mut found);
    let all: Vec<_> = found.iter().flat_map(|(_, commands)| commands).collect();
    for (beginning, reason) in NOT_RUN {
        assert!(
            all.iter().any(|command| command.starts_with(beginning)),
            "{beginning} ({reason}) is in no document"
        );
    }
    for (shortened, _) in READ {
        assert!(all.iter().any(|command| command.contains(shortened)), "{shortened} is in no document");
    }
    let is_run = |command: &str| !NOT_RUN.iter().any(|(beginning, _)| command.starts_with(beginning));
    let reader = Reader::new().await;
    let mut failed = Vec::new();
    for (document, commands) in &found {
        // Another document's commands may have changed it.
        let rules = reader.folder.join("rules.yaml");
        fs::copy(project().join("infra/demo/rules.yaml"), rules).expect("copied");
        for command in commands.iter().filter(|command| is_run(command)) {
            if let Err(error) = reader.follow(command).await {
                failed.push(format!("{}: {error}", document.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
