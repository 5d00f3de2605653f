//! The operator's command line, run on the stack for one marketplace.

use std::process::{Command, Output};

use crate::local::project;
use crate::shop::Shop;

impl Shop {
    /// What the command line says to a command that it carries out.
    pub async fn engine(&self, args: &[&str]) -> String {
        let run = self.run(args).await;
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&run.stderr));
        said
    }

    /// Why it does not carry out a command.
    pub async fn engine_refuses(&self, args: &[&str]) -> String {
        let run = self.run(args).await;
        assert!(!run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stdout));
        String::from_utf8_lossy(&run.stderr).into_owned()
    }

    async fn run(&self, args: &[&str]) -> Output {
        let binary = project().join("target/debug/engine");
        assert!(binary.exists(), "the command line is not built: cargo build --workspace");
        let mut command = Command::new(binary);
        command.arg("--outputs").arg(&self.engine.outputs.file);
        command.args(["--marketplace", self.id.as_str()]).args(args);
        tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends")
    }
}
