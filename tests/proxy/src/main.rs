//! The proxy as a program of its own. See the library for what it does.
use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    proxy::run(proxy::Args::parse()).await
}
