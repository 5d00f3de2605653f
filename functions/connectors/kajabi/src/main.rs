//! The Kajabi connector's Lambda function.

use kajabi::Kajabi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Kajabi::new).await
}
