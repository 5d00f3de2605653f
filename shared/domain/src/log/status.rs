//! Where a job stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident, $key:literal;)*) => {
        /// Where a job stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Status {
            $($(#[$doc])* #[serde(rename = $key)] $variant,)*
        }

        impl Status {
            /// Every status.
            pub const ALL: &'static [Status] = &[$(Status::$variant),*];

            /// The name in logs.
            pub fn key(self) -> &'static str {
                match self { $(Status::$variant => $key),* }
            }
        }
    };
}

statuses! {
    /// The app did it.
    Performed, "performed";
    /// It was so already.
    AlreadySo, "already_so";
    /// The same fact had this effect already.
    Duplicate, "duplicate";
    /// A newer fact has decided this effect.
    Superseded, "superseded";
    /// It failed in passing and is tried again.
    Retrying, "retrying";
    /// The app named a time; it is tried then.
    RateLimited, "rate_limited";
    /// It waits for its account to be connected again, or for the operator to resume its app.
    Held, "held";
    /// The app will never take it.
    Rejected, "rejected";
    /// Every attempt failed.
    Exhausted, "exhausted";
}

impl Status {
    /// Whether the app is now as the job wanted, by this job.
    pub fn took_effect(self) -> bool {
        match self {
            Status::Performed | Status::AlreadySo => true,
            Status::Duplicate
            | Status::Superseded
            | Status::Retrying
            | Status::RateLimited
            | Status::Held
            | Status::Rejected
            | Status::Exhausted => false,
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        match self {
            Status::Performed
            | Status::AlreadySo
            | Status::Duplicate
            | Status::Superseded
            | Status::Rejected
            | Status::Exhausted => true,
            Status::Retrying | Status::RateLimited | Status::Held => false,
        }
    }
}

/// A name that is no status's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("status `{0}` does not exist; the statuses are: {list}", list = list())]
pub struct UnknownStatus(pub String);

fn list() -> String {
    Status::ALL.iter().map(|status| status.key()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let found = Status::ALL.iter().copied().find(|status| status.key() == text);
        found.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_code_and_in_json_and_an_unknown_one_gets_the_list() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.key());
            assert_eq!(status.key().parse::<Status>().unwrap(), *status);
        }
        let error = "broken".parse::<Status>().unwrap_err().to_string();
        assert!(error.contains("`broken`") && error.contains("exhausted"), "{error}");
    }
}
