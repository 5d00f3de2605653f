//! The Lambda function of the management API.

use std::sync::Arc;

use api::Api;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::function::init()?;
    let api = Arc::new(Api::from_environment().await?);
    api::run(api).await
}
