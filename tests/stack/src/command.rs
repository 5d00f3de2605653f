//! The operator's command line, run on the stack for one marketplace.

use std::process::Command;

use crate::local::project;
use crate::shop::Shop;

impl Shop {
    /// The output of a command that succeeds.
    pub async fn engine(&self, args: &[&str]) -> String {
        self.attempt(args).await.unwrap_or_else(|said| panic!("{args:?}: {said}"))
    }

    /// The output and the error of a command that fails.
    pub async fn engine_refuses(&self, args: &[&str]) -> String {
        match self.attempt(args).await {
            Ok(said) => panic!("{args:?}: {said}"),
            Err(said) => said,
        }
    }

    /// The output of a command; if it fails, with its error.
    pub async fn attempt(&self, args: &[&str]) -> Result<String, String> {
        let binary = project().join("target/debug/engine");
        assert!(binary.exists(), "the command line is not built: cargo build --workspace");
        let mut command = Command::new(binary);
        command.arg("--outputs").arg(&self.engine.outputs.file);
        command.args(["--marketplace", self.id.as_str()]).args(args);
        let run =
            tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let output = said(&run.stdout);
        if run.status.success() { Ok(output) } else { Err(output + &said(&run.stderr)) }
    }
}
