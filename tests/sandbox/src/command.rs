//! The command line.
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use domain::manifest::Catalog;
use tokio::net::TcpListener;

use crate::server;

/// Stand-ins for the apps: a small stateful server that behaves as they do and can fail on request.
#[derive(Debug, Parser)]
#[command(name = "sandbox", version)]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4570")]
    pub listen: SocketAddr,

    /// Write one JSON line per app request to standard error
    #[arg(long)]
    pub log: bool,

    /// The operator's own apps, as the build packs them: their examples are stand-ins too
    #[arg(long, value_name = "FILE")]
    pub apps: Option<PathBuf>,

    /// How many requests `GET /_requests` keeps; the oldest are dropped first
    #[arg(long, default_value_t = server::KEEP)]
    pub keep: usize,
}

/// Serves until the process is stopped.
pub async fn run(args: Args) -> io::Result<()> {
    if let Some(file) = args.apps {
        let own = std::fs::read_to_string(file)?;
        Catalog::install(&own).map_err(io::Error::other)?;
    }
    let listener = TcpListener::bind(args.listen).await?;
    let sandbox = server::serve_with(listener, args.keep, args.log)?;
    writeln!(io::stdout(), "sandbox listening on {}", sandbox.url())?;
    sandbox.wait().await
}
