//! Why there is no token, by what the caller does about it.

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
    /// It refuses the refresh token, for good: `invalid_grant`, and nothing else.
    #[error("the app refuses the refresh token: {}", .0.message)]
    Refused(Reason),
    /// It takes nothing before then.
    #[error("the app takes no refresh before {until}: {}", reason.message)]
    Limited {
        /// When.
        until: Timestamp,
        /// What it said.
        reason: Reason,
    },
    /// It failed in passing, and has surely issued nothing.
    #[error("the app issued no tokens: {}", .0.message)]
    Failed(Reason),
    /// It failed in passing, and may have issued tokens that never came: no answer, or none that can be read.
    #[error("the app did not answer the refresh: {}", .0.message)]
    Unanswered(Reason),
}

impl RefreshError {
    /// What a request without an answer of use means.
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
            | Cause::InvalidPath(_) => Self::Failed(reason),
            // A token that no request can hold.
            Cause::InvalidRequest(_) => Self::Refused(reason),
        }
    }
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Retry later: the app failed in passing.
    #[error("no access token for now: {}", reason.message)]
    Later {
        /// What went wrong.
        reason: Reason,
    },
    /// Come back then: the app said so, or somebody else is asking it.
    #[error("no access token before {until}: {}", reason.message)]
    NotBefore {
        /// When.
        until: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Nothing more until the merchant reconnects the account.
    #[error("no access token until the account is connected again: {}", reason.message)]
    Reconnect {
        /// Why.
        reason: Reason,
    },
    /// Retry later: the table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Retry later: KMS did not answer.
    #[error(transparent)]
    Vault(VaultError),
}

impl TokenError {
    /// Somebody else is asking the app.
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
            // Nothing that speaks against the app.
            TokenError::Store(_) | TokenError::Vault(_) => {
                tracing::warn!(error = %Causes(&error), "the access token cannot be had");
                Self::precondition_missing("The engine could not read its store; it tries again.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_never_came_may_have_issued_tokens() {
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
