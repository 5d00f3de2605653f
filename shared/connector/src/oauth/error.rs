//! Why there is no token, by how the caller handles it.

use aws::store::StoreError;
use aws::vault::VaultError;
use domain::app::App;
use domain::outcome::{Reason, Setback};
use jiff::Timestamp;
use runtime::logs::Causes;

use crate::http::{Cause, HttpError};

/// Why an app issued no new tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The app has rejected the refresh token for good: `invalid_grant`, and no other error.
    #[error("the app rejected the refresh token: {}", .0.message)]
    Refused(Reason),
    /// The app accepts no refresh before this time.
    #[error("the app accepts no refresh before {until}: {}", reason.message)]
    Limited {
        /// The earliest time.
        until: Timestamp,
        /// The app's message.
        reason: Reason,
    },
    /// A temporary failure; the app has certainly issued no tokens.
    #[error("the app issued no tokens: {}", .0.message)]
    Failed(Reason),
    /// A temporary failure; the app may have issued tokens that were lost: no response, or an unreadable one.
    #[error("the app did not respond to the refresh: {}", .0.message)]
    Unanswered(Reason),
}

impl RefreshError {
    /// Classifies a request without a usable response.
    pub fn of(error: &HttpError) -> Self {
        let reason = error.setback().into_reason();
        match error.cause {
            Cause::Timeout(_) | Cause::Interrupted(_) | Cause::Unreadable { .. } | Cause::TooLarge(_) => {
                Self::Unanswered(reason)
            }
            Cause::UnknownHost(_)
            | Cause::Unreachable(_)
            | Cause::Insecure(_)
            | Cause::RefusedAddress(_)
            | Cause::InvalidPath(_)
            | Cause::NotReading(_) => Self::Failed(reason),
            // A request cannot contain this token.
            Cause::InvalidRequest(_) => Self::Refused(reason),
        }
    }
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Retry later: the app failed temporarily.
    #[error("no access token for now: {}", reason.message)]
    Later {
        /// The cause.
        reason: Reason,
    },
    /// Retry at this time: the app returned it, or another caller is requesting tokens.
    #[error("no access token before {until}: {}", reason.message)]
    NotBefore {
        /// The earliest time.
        until: Timestamp,
        /// The cause.
        reason: Reason,
    },
    /// On hold until the merchant reconnects the account.
    #[error("no access token until the account is connected again: {}", reason.message)]
    Reconnect {
        /// The cause.
        reason: Reason,
    },
    /// Retry later: the table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Retry later: AWS KMS failed.
    #[error(transparent)]
    Vault(VaultError),
}

impl TokenError {
    /// Another caller is requesting tokens from the app.
    pub(super) fn busy(app: App, until: Timestamp) -> Self {
        let reason = Reason::new(format!("The access to {} is being renewed.", app.label()));
        Self::NotBefore { until, reason }
    }
}

impl From<VaultError> for TokenError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unreadable => Self::Reconnect {
                reason: Reason::new("The stored tokens cannot be read.")
                    .hint("Connect the integration again."),
            },
            VaultError::TooLarge(_) | VaultError::Unavailable { .. } => Self::Vault(error),
        }
    }
}

impl From<TokenError> for Setback {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Later { reason } => Self::Transient { reason },
            TokenError::NotBefore { until, reason } => Self::RateLimited { until, reason },
            TokenError::Reconnect { reason } => Self::ReconnectNeeded { reason },
            // This is no failure of the app.
            TokenError::Store(_) | TokenError::Vault(_) => {
                tracing::warn!(error = %Causes(&error), "the access token could not be read");
                Self::precondition_missing("The engine could not read its store. It will retry.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_response_may_have_issued_tokens() {
        let error = |cause| RefreshError::of(&HttpError { who: "Kit".to_owned(), cause });
        assert!(matches!(error(Cause::TooLarge(1)), RefreshError::Unanswered(_)));
        assert!(matches!(error(Cause::InvalidPath("..".to_owned())), RefreshError::Failed(_)));
    }

    #[test]
    fn each_error_is_the_setback_that_its_name_says() {
        let reason = Reason::new("Kit said so.");
        let until = Timestamp::UNIX_EPOCH;
        let setback = |error: TokenError| Setback::from(error);
        assert_eq!(
            setback(TokenError::Later { reason: reason.clone() }),
            Setback::Transient { reason: reason.clone() }
        );
        assert_eq!(
            setback(TokenError::NotBefore { until, reason: reason.clone() }),
            Setback::RateLimited { until, reason: reason.clone() }
        );
        assert_eq!(
            setback(TokenError::Reconnect { reason: reason.clone() }),
            Setback::ReconnectNeeded { reason }
        );
        assert!(matches!(setback(VaultError::Unreadable.into()), Setback::ReconnectNeeded { .. }));
        let away = VaultError::Unavailable { operation: "Decrypt", source: "away".into() };
        assert!(matches!(setback(away.into()), Setback::PreconditionMissing { .. }));
    }
}
