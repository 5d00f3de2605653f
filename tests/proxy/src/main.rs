//! The proxy as a separate program. The library describes its behaviour.
use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    proxy::run(proxy::Args::parse()).await
}
