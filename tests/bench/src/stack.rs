//! A stack of the bench's own, which ends with it.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use domain::app::App;
use serde::Deserialize;

use crate::failed::Failed;

/// What `infra/local/stack.py` writes about the stack.
#[derive(Debug, Deserialize)]
pub(crate) struct Outputs {
    pub(crate) endpoint_url: String,
    pub(crate) proxy_url: String,
    pub(crate) region: String,
    pub(crate) stack: String,
    pub(crate) bus: String,
    pub(crate) table: String,
    pub(crate) sandbox_url: String,
    pub(crate) queues: BTreeMap<App, String>,
    pub(crate) kms_key_id: String,
}

/// The stack, for as long as this lives.
#[must_use = "the stack ends when this is dropped"]
pub(crate) struct Stack {
    script: Child,
    pub(crate) outputs: Outputs,
}

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Stack {
    /// Starts one with the template's own parameters.
    pub(crate) fn start() -> Result<Self, Failed> {
        let folder = project().join(".local/bench");
        let python = project().join(".local/venv/bin/python");
        if !python.exists() {
            return Err(Failed::new("local AWS is not installed: run `make bench`, which installs it"));
        }
        let mut script = Command::new(python)
            .arg(project().join("infra/local/stack.py"))
            .args(["up", "--hold", "stdin", "--port", "0", "--sandbox-port", "0", "--proxy", "0", "--dir"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failed::at("infra/local/stack.py does not start"))?;
        // It prints where the outputs are once the stack stands.
        if let Some(out) = script.stdout.take() {
            let line = BufReader::new(out).read_line(&mut String::new());
            line.map_err(Failed::at("infra/local/stack.py says nothing"))?;
        }
        let outputs = std::fs::read(folder.join("outputs.json"))
            .map_err(Failed::at("the stack does not stand; see .local/bench/deploy.log"))?;
        let outputs = serde_json::from_slice(&outputs).map_err(Failed::at("outputs.json does not read"))?;
        Ok(Self { script, outputs })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The end of its input ends the stack; waiting for it leaves nothing behind.
        drop(self.script.stdin.take());
        drop(self.script.wait());
    }
}
