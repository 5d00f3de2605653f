//! The command line.
use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
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

    /// How many requests `GET /_requests` keeps; the oldest are dropped first
    #[arg(long, default_value_t = server::KEEP)]
    pub keep: usize,
}

/// Serves until the process is stopped.
pub async fn run(args: Args) -> io::Result<()> {
    let listener = TcpListener::bind(args.listen).await?;
    let sandbox = server::serve_with(listener, args.keep, args.log)?;
    writeln!(io::stdout(), "sandbox listening on {}", sandbox.url())?;
    sandbox.wait().await
}
