//! The webhook connector's Lambda function.

use webhook::Webhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Webhook::new).await
}
