//! Local AWS with the stack, which ends with the process that started it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

/// The outputs that `infra/local/stack.py` writes about the stack.
#[derive(Debug, Clone, Deserialize)]
pub struct Outputs {
    /// The path of `outputs.json`, for programs that read it.
    #[serde(skip)]
    pub file: PathBuf,
    /// The management API.
    pub api_url: String,
    /// Local AWS, directly.
    pub endpoint_url: String,
    /// The region of local AWS.
    pub region: String,
    /// The stack's name.
    pub stack: String,
    /// The bus that facts are published on.
    pub bus: String,
    /// The table.
    pub table: String,
    /// The stand-ins for the apps.
    pub sandbox_url: String,
    /// The queue of facts that could not be planned.
    pub facts_queue_url: String,
    /// The schedule group of the prospects' timers.
    pub schedule_group: String,
    /// The queues, by app.
    pub queues: BTreeMap<String, String>,
    /// The dead-letter queues, by app.
    pub dlqs: BTreeMap<String, String>,
    /// The functions, by purpose.
    pub functions: BTreeMap<String, String>,
    /// The key that encrypts the apps' credentials.
    pub kms_key_id: String,
    /// The secret that keys digests of addresses.
    pub digest_secret_arn: String,
    /// The proxy between the functions and local AWS; empty without a proxy.
    pub proxy_url: String,
}

/// A stack, which ends when this is dropped, and also when the process ends without a drop, because its standard input
/// then closes.
#[derive(Debug)]
#[must_use = "the stack ends when this is dropped"]
pub struct Stack {
    script: Child,
    /// The stack's outputs.
    pub outputs: Outputs,
}

/// The project's folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Stack {
    /// Starts a stack with these parameters of the template, with its files in that folder of `.local`.
    pub fn start(folder: &str, parameters: &[(&str, &str)]) -> Self {
        Self::start_with(folder, parameters, &[])
    }

    /// The same, with a proxy between its functions and local AWS, which counts their calls and makes them fail on
    /// request.
    pub fn behind_proxy(folder: &str, parameters: &[(&str, &str)]) -> Self {
        Self::start_with(folder, parameters, &["--proxy", "0"])
    }

    /// The same, with the archives of another folder than `.local/stage`.
    pub fn staged(folder: &str, stage: &Path, parameters: &[(&str, &str)]) -> Self {
        let stage = stage.to_str().expect("a path of text");
        Self::start_with(folder, parameters, &["--stage", stage])
    }

    fn start_with(folder: &str, parameters: &[(&str, &str)], more: &[&str]) -> Self {
        let folder = project().join(".local").join(folder);
        let python = project().join(".local/venv/bin/python");
        assert!(python.exists(), "local AWS is not installed: `make stage` installs it");
        let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let mut script = Command::new(python)
            .arg(project().join("infra/local/stack.py"))
            .args(["up", "--hold", "stdin", "--port", "0", "--sandbox-port", "0", "--dir"])
            .arg(&folder)
            .args(parameters.flat_map(|parameter| ["--param".to_owned(), parameter]))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("stack.py starts");
        // It prints the path of the outputs when the stack is deployed.
        let mut ready = String::new();
        BufReader::new(script.stdout.take().expect("piped")).read_line(&mut ready).expect("a line");
        let file = folder.join("outputs.json");
        let outputs = std::fs::read(&file).expect("the stack is deployed; see its deploy.log");
        let outputs: Outputs = serde_json::from_slice(&outputs).expect("outputs.json reads");
        Self { script, outputs: Outputs { file, ..outputs } }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Waits for the script, so that no process is left.
        drop(self.script.stdin.take());
        drop(self.script.wait());
    }
}
