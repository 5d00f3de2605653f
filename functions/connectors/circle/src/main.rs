//! The Circle connector's Lambda function.

use circle::Circle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Circle::new).await
}
