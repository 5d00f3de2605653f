//! A client of the management API's operator routes. Requests are signed for IAM.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html>

use std::error::Error;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use runtime::clock;
use serde_json::Value;
use url::Url;

/// The reason why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// No credentials are configured, or they cannot sign.
    #[error("the request to the management API cannot be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
    /// The API did not respond.
    #[error("the management API does not respond")]
    Unavailable(#[source] reqwest::Error),
    /// The API returned an error.
    #[error("the management API refused the request ({status}): {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The detail of the error.
        detail: String,
    },
}

/// The API of the deployment.
#[derive(Debug)]
pub(crate) struct OperatorApi<'a> {
    /// The base URL, without a slash at the end.
    pub(crate) url: &'a Url,
    /// The source of the credentials and the region.
    pub(crate) sdk: &'a SdkConfig,
}

impl OperatorApi<'_> {
    /// Posts a body to a path, and returns the response.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let url = format!("{}{path}", self.url.as_str().trim_end_matches('/'));
        let body = body.to_string();
        let headers = self.signed(&url, &body).await.map_err(ApiError::Unsigned)?;
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(clippy::disallowed_methods, reason = "it calls our own API, not an app")]
        let client = reqwest::Client::builder().build().map_err(ApiError::Unavailable)?;
        let mut request = client.post(&url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(ApiError::Unavailable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(ApiError::Unavailable)?;
        let read: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(read);
        }
        let said = |key: &str| read[key].as_str().map(str::to_owned);
        let detail = said("detail").or(said("title")).or(said("message"));
        Err(ApiError::Refused {
            status: status.as_u16(),
            detail: detail.unwrap_or_else(|| "no reason was given".to_owned()),
        })
    }

    async fn signed(
        &self,
        url: &str,
        body: &str,
    ) -> Result<Vec<(String, String)>, Box<dyn Error + Send + Sync>> {
        let provider = self.sdk.credentials_provider().ok_or("no AWS credentials are configured")?;
        let identity = provider.provide_credentials().await?.into();
        let region = self.sdk.region().map(ToString::to_string).unwrap_or_default();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name("execute-api")
            .time(clock::now().into())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [("content-type", "application/json")].into_iter();
        let request = SignableRequest::new("POST", url, headers, SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(request, &params)?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
