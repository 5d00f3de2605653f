//! The smallest function that makes one call to AWS for each event, as it is usually written: what a start with the SDK
//! costs before the engine does anything.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).load().await;
    let client = Client::new(&config);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let key = || AttributeValue::S("key".to_owned());
        client.get_item().table_name("table").key("pk", key()).key("sk", key()).send().await?;
        Ok::<_, Error>(event.payload)
    }))
    .await
}
