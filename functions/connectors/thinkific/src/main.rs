//! The Thinkific connector's Lambda function.

use thinkific::Thinkific;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Thinkific::new).await
}
