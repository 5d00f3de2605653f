//! The status of a job.

use crate::keyed::keyed;

keyed! {
    /// The status of a job.
    pub enum Status, "status", "statuses" {
        /// The app made the change.
        Performed = "performed",
        /// The app was already in the requested state.
        AlreadySo = "already_so",
        /// Another job of the same fact already made the change.
        Duplicate = "duplicate",
        /// A newer fact decides this effect.
        Superseded = "superseded",
        /// It failed temporarily and is retried.
        Retrying = "retrying",
        /// The app named a time, and the job is retried then.
        RateLimited = "rate_limited",
        /// It waits until its account is reconnected, or until the operator resumes its app.
        Held = "held",
        /// The app will never accept it.
        Rejected = "rejected",
        /// Every attempt failed.
        Exhausted = "exhausted",
        /// It was canceled by hand, or its rule no longer asks for it.
        Canceled = "canceled",
    }
}

impl Status {
    /// Whether the app is now in the state that the job wanted, because of this job.
    pub fn took_effect(self) -> bool {
        match self {
            Status::Performed | Status::AlreadySo => true,
            Status::Duplicate
            | Status::Superseded
            | Status::Retrying
            | Status::RateLimited
            | Status::Held
            | Status::Rejected
            | Status::Exhausted
            | Status::Canceled => false,
        }
    }

    /// Whether the action ended without success, so that the merchant or the operator has to act.
    pub fn has_failed(self) -> bool {
        match self {
            Status::Rejected | Status::Exhausted => true,
            Status::Performed
            | Status::AlreadySo
            | Status::Duplicate
            | Status::Superseded
            | Status::Retrying
            | Status::RateLimited
            | Status::Held
            | Status::Canceled => false,
        }
    }

    /// Whether the status is final: only a rerun can change it.
    pub fn is_final(self) -> bool {
        match self {
            Status::Performed
            | Status::AlreadySo
            | Status::Duplicate
            | Status::Superseded
            | Status::Rejected
            | Status::Exhausted
            | Status::Canceled => true,
            Status::Retrying | Status::RateLimited | Status::Held => false,
        }
    }
}
