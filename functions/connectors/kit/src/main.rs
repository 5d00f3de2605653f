//! The Kit connector's Lambda function.

use kit::Kit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Kit::new).await
}
