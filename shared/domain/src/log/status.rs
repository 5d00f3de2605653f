//! Where a job stands.

use crate::keyed::keyed;

keyed! {
    /// Where a job stands.
    pub enum Status, "status", "statuses" {
        /// The app did it.
        Performed = "performed",
        /// It was so already.
        AlreadySo = "already_so",
        /// The same fact had this effect already.
        Duplicate = "duplicate",
        /// A newer fact has decided this effect.
        Superseded = "superseded",
        /// It failed in passing and is tried again.
        Retrying = "retrying",
        /// The app named a time; it is tried then.
        RateLimited = "rate_limited",
        /// It waits for its account to be connected again, or for the operator to resume its app.
        Held = "held",
        /// The app will never take it.
        Rejected = "rejected",
        /// Every attempt failed.
        Exhausted = "exhausted",
        /// It was canceled by hand, or its rule no longer asks for it.
        Canceled = "canceled",
    }
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
            | Status::Exhausted
            | Status::Canceled => false,
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
            | Status::Exhausted
            | Status::Canceled => true,
            Status::Retrying | Status::RateLimited | Status::Held => false,
        }
    }
}
