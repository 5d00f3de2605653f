//! The Mailchimp connector's Lambda function.

use mailchimp::Mailchimp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    connector::serve(Mailchimp::new).await
}
