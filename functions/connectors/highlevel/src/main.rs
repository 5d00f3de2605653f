//! The HighLevel connector's Lambda function.

use highlevel::HighLevel;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(HighLevel::new).await
}
