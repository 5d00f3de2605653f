//! The commands of the documents, performed as they are written.
//!
//! Ids that a document shortens (`evt_06h009jb8qvf9…`) are replaced by ids of a marketplace that has them. A command
//! that cannot be performed here is in [`NOT_HERE`] with the reason.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::stack::{API_KEY, Engine, SIGNING_SECRET, Shop, Stacks, until};

const MARKETPLACE: &str = "demo";

/// Commands that need something that local AWS does not have, or a person.
const NOT_HERE: [(&str, &str); 8] = [
    ("engine --outputs production.json", "a deployment on AWS"),
    ("engine completions", "writes to the home folder"),
    ("engine man", "writes to the home folder"),
    ("engine login", "a registration with the app"),
    ("engine accept", "a login at the app"),
    ("engine disconnect", "a person who confirms"),
    ("engine buyer erase", "a person who confirms"),
    ("merchant /v1/logins", "a registration with the app"),
];

/// Commands that run until they are stopped.
const ENDLESS: &str = "--watch";

/// The shell commands of a document: lines that are indented by four spaces, joined until they are complete.
fn commands(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let (mut open, mut is_fenced) = (String::new(), false);
    for line in document.lines() {
        is_fenced ^= line.starts_with("```");
        match line.strip_prefix("    ").filter(|_| !is_fenced) {
            Some(code) => {
                open.push_str(code);
                open.push('\n');
                if !code.ends_with('\\') && is_complete(&open) {
                    commands.push(std::mem::take(&mut open));
                }
            }
            None => open.clear(),
        }
    }
    commands
}

/// Whether the shell can parse a text, and waits for no more of it.
fn is_complete(text: &str) -> bool {
    let run = Command::new("bash").args(["-n", "-c", text]).output().expect("bash runs");
    run.status.success()
}

/// A folder in which the documents' commands run, with the files that they name.
struct Place {
    folder: PathBuf,
    shop: Shop,
    /// Definitions of the document that its commands use.
    before: String,
}

impl Place {
    async fn run(&self, command: &str) -> Output {
        let project = std::fs::canonicalize(::stack::project()).expect("the project's folder");
        let path = format!("{}:{}", project.join("target/debug").display(), env!("PATH"));
        let is_endless = command.contains(ENDLESS);
        let script = format!("{}\n{command}", self.before);
        let mut bash = Command::new(if is_endless { "timeout" } else { "bash" });
        if is_endless {
            bash.args(["--preserve-status", "--signal=INT", "3", "bash"]);
        }
        bash.args(["-c", &script])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("ENGINE_OUTPUTS", &self.shop.engine.outputs.file)
            .stdin(std::process::Stdio::null());
        tokio::task::spawn_blocking(move || bash.output().expect("bash runs")).await.expect("it ends")
    }

    /// The output of a command that must succeed.
    async fn succeeds(&self, command: &str) -> String {
        let run = self.run(command).await;
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        let is_stopped = command.contains(ENDLESS);
        let error = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() || is_stopped, "{command}{said}{error}");
        assert!(!said.contains("urn:integration-engine:problem:"), "{command}{said}");
        said
    }
}

/// The marketplace of `make run`, in a folder with the files that the documents name.
async fn place(name: &str) -> Place {
    let shop = Shop::bare_on(Engine::documented().await, MARKETPLACE);
    let project = std::fs::canonicalize(::stack::project()).expect("the project's folder");
    let folder = project.join(".local/e2e/documents").join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(folder.join(".local")).expect("a folder");
    for linked in ["events", "infra"] {
        std::os::unix::fs::symlink(project.join(linked), folder.join(linked)).expect("a link");
    }
    std::fs::copy(&shop.engine.outputs.file, folder.join(".local/outputs.json")).expect("copied");
    std::fs::copy(project.join("infra/demo/rules.yaml"), folder.join("rules.yaml")).expect("copied");
    std::fs::write(folder.join("credentials.json"), json!({ "api_key": API_KEY }).to_string())
        .expect("written");
    Place { folder, shop, before: String::new() }
}

fn read(document: &str) -> String {
    std::fs::read_to_string(::stack::project().join(document)).expect("a document")
}

fn is_performed(command: &str) -> bool {
    !NOT_HERE.iter().any(|(start, _)| command.starts_with(start))
}

/// What `make run` leaves, and an action that waits.
struct Ids {
    event: String,
    action: String,
    waiting: String,
}

impl Ids {
    /// A command with the marketplace's ids in the place of shortened ones.
    fn in_place_of_shortened(&self, command: &str) -> String {
        let action = if command.contains("cancel") { &self.waiting } else { &self.action };
        command.replace("evt_06h009jb8qvf9…", &self.event).replace("job_06h009jb8qvf9…", action)
    }
}

/// The accounts, rules and events of `make run`.
async fn demo(place: &Place) -> Ids {
    let shop = &place.shop;
    let url = format!("url={}/webhook/documents", shop.engine.outputs.sandbox_url);
    let secret = format!("signing_secret={SIGNING_SECRET}");
    let key = format!("api_key={API_KEY}");
    shop.engine(&["connect", "mailchimp", "--label", "Demo audience", "--set", &key]).await;
    for label in ["Demo webhook", "Newsletter"] {
        let args = ["connect", "webhook", "--label", label, "--untested", "--set", &url, "--set", &secret];
        shop.engine(&args).await;
    }
    shop.engine(&["refresh", "Demo audience"]).await;
    shop.engine(&["rules", "apply", place.folder.join("rules.yaml").to_str().expect("a path")]).await;
    let event = publish(place).await;
    shop.engine(&["wait", "--event", &event, "--jobs", "3"]).await;
    let action = newest(place, "performed").await;
    let fault = json!({ "app": "webhook", "path": "/webhook/documents", "status": 503 });
    shop.engine.sandbox_post("/_faults", &fault).await;
    publish(place).await;
    Ids { event, action, waiting: newest(place, "retrying").await }
}

async fn publish(place: &Place) -> String {
    let sample = place.folder.join("events/samples/order-completed.one-item.json");
    let args = ["publish", sample.to_str().expect("a path"), "--fresh", "--ids"];
    place.shop.engine(&args).await.trim().to_owned()
}

/// The newest action with a status.
async fn newest(place: &Place, status: &str) -> String {
    until("an action with the status", async || {
        let said = place.shop.engine(&["log", "--status", status, "--limit", "1", "--json"]).await;
        let action: Value = serde_json::from_str(said.lines().next()?).ok()?;
        action["id"].as_str().map(str::to_owned)
    })
    .await
}

#[tokio::test]
async fn the_commands_of_the_documents_do_what_they_say() {
    let mut place = place("demo").await;
    let ids = demo(&place).await;
    assert!(of_the_command_line(&place, &ids).await >= 40);
    publish(&place).await;
    let ids = Ids { waiting: newest(&place, "retrying").await, ..ids };
    assert!(of_the_management_api(&mut place, &ids).await >= 20);
}

/// Performs the commands of `engine`, and returns their number.
async fn of_the_command_line(place: &Place, ids: &Ids) -> usize {
    let documents =
        ["infra/engine/README.md", "README.md"].map(|document| commands(&read(document))).concat();
    let mut performed = 0;
    for command in documents.iter().filter(|command| command.starts_with("engine ") && is_performed(command))
    {
        place.succeeds(&ids.in_place_of_shortened(command)).await;
        performed += 1;
    }
    performed
}

/// Performs the calls of the management API, and returns their number.
async fn of_the_management_api(place: &mut Place, ids: &Ids) -> usize {
    let commands = commands(&read("functions/api/README.md"));
    let starting = |starts: &'static [&str]| {
        commands
            .iter()
            .filter(|command| starts.iter().any(|start| command.starts_with(start)) && is_performed(command))
    };
    // The functions and variables that the calls use.
    let definitions: Vec<_> = starting(&[
        "export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test",
        "API=$(jq",
        "operator()",
        "merchant()",
        "TOKEN=",
    ])
    .cloned()
    .collect();
    place.before = definitions.concat();
    let rule = place.succeeds("merchant '/v1/rules?limit=1' | jq -j .items[0].id").await;
    let newsletter = r#".items[] | select(.label == "Weekly newsletter").id"#;
    let integration = place.succeeds(&format!("merchant /v1/integrations | jq -j '{newsletter}'")).await;
    let mut plan = String::new();
    let calls: Vec<_> = starting(&["merchant /", "merchant '", "operator /", "jq "]).collect();
    for command in &calls {
        let rule_etag = place.succeeds(&format!("merchant /v1/rules/{rule} | jq -j .etag")).await;
        let head = place.succeeds(&format!("merchant /v1/integrations/{integration}/deletion -i")).await;
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_default().trim();
        let command = ids
            .in_place_of_shortened(command)
            .replace("rul_06h02…", &rule)
            .replace("int_06h02…", &integration)
            .replace("2cc7f9c4dd07f94c8486c5eb", &rule_etag)
            .replace("\"…\"", etag)
            .replace("…-us6", API_KEY)
            .replace("<plan of the response>", &plan);
        let said = place.succeeds(&command).await;
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        said["plan"].as_str().unwrap_or(&plan.clone()).clone_into(&mut plan);
    }
    calls.len()
}
