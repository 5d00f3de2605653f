//! Calls that only read: no other request is sent.

use std::future::Future;

use reqwest::{Method, Request};

use super::error::{Cause, HttpError};

tokio::task_local! {
    static READS_ONLY: ();
}

/// Makes calls that only read.
pub(crate) async fn read_only<F: Future>(calls: F) -> F::Output {
    READS_ONLY.scope((), calls).await
}

/// Within [`read_only`], refuses a request that could change something.
pub(super) fn check(who: &str, request: &Request) -> Result<(), HttpError> {
    let reads_only = READS_ONLY.try_with(|()| ()).is_ok();
    if reads_only && request.method() != Method::GET {
        let cause = Cause::NotReading(request.method().clone());
        return Err(HttpError { who: who.to_owned(), cause });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_reads_are_sent_where_only_reads_are_allowed() {
        let checked = |method| async move {
            let request = Request::new(method, "https://example.com".parse().unwrap());
            check("Kit", &request)
        };
        assert!(read_only(checked(Method::GET)).await.is_ok());
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(checked(method.clone()).await.is_ok());
            let refused = read_only(checked(method)).await.unwrap_err();
            assert!(matches!(refused.cause, Cause::NotReading(_)), "{refused}");
        }
    }
}
