//! The command line.
use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
use tokio::net::TcpListener;

use crate::server;

/// A proxy between the functions and local AWS that counts their calls and makes them fail on demand.
#[derive(Debug, Parser)]
#[command(name = "proxy", version)]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4590")]
    pub listen: SocketAddr,

    /// Where local AWS listens
    #[arg(long, default_value = "127.0.0.1:4566")]
    pub to: SocketAddr,
}

/// Serves until the process is stopped.
pub async fn run(args: Args) -> io::Result<()> {
    let listener = TcpListener::bind(args.listen).await?;
    let proxy = server::serve(listener, args.to)?;
    writeln!(io::stdout(), "proxy listening on {}, for {}", proxy.url(), args.to)?;
    proxy.wait().await
}
