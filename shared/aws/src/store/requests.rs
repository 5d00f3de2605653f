//! What the sweeper is asked to do, beside putting back what is due by itself.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use super::{Store, StoreError, condition_met};

/// A worker that read the account or the pause just before a request may park a job just after: so the sweeper looks again
/// for so long.
pub(super) const STRAGGLERS: SignedDuration = SignedDuration::from_mins(10);

/// A request to the sweeper. It is due again and again until its time has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepRequest {
    /// Release an account's held jobs.
    Release(Release),
    /// Let the jobs of an app go on after a pause.
    Resume(Resume),
}

/// An account whose held jobs are to be released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
    /// Until when the sweeper looks for stragglers.
    pub until: Timestamp,
}

/// An app whose jobs are to go on after a pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The app.
    pub app: App,
    /// Until when the sweeper looks for stragglers.
    pub until: Timestamp,
}

impl fmt::Display for SweepRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { pk, sk } = self.key();
        write!(f, "{pk} / {sk}")
    }
}

impl SweepRequest {
    /// Until when the sweeper looks for stragglers.
    pub fn until(&self) -> Timestamp {
        match self {
            SweepRequest::Release(release) => release.until,
            SweepRequest::Resume(resume) => resume.until,
        }
    }

    fn key(&self) -> Key {
        match self {
            SweepRequest::Release(release) => keys::release(&release.marketplace, &release.integration),
            SweepRequest::Resume(resume) => keys::app_resume(resume.app),
        }
    }

    /// Where it stands in the index when it is due at `at`.
    pub(super) fn place(&self, at: Timestamp) -> String {
        match self {
            SweepRequest::Release(release) => keys::at(at, release.integration.as_str()),
            SweepRequest::Resume(resume) => keys::at(at, resume.app.key()),
        }
    }
}

impl Store {
    /// Looks at a request again at `at`, unless a newer one has taken its place.
    pub async fn reschedule(&self, request: &SweepRequest, at: Timestamp) -> Result<(), StoreError> {
        let Key { pk, sk } = request.key();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(pk))
            .key("sk", S(sk))
            .update_expression("SET due_sk = :place")
            .condition_expression("#until = :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", S(request.until().to_string()))
            .expression_attribute_values(":place", S(request.place(at)));
        // A newer one needs nothing more: it is due by itself.
        condition_met(update.send().await, "UpdateItem of a request to the sweeper").map(drop)
    }

    /// Forgets a request, unless a newer one has taken its place.
    pub async fn forget(&self, request: &SweepRequest) -> Result<(), StoreError> {
        let Key { pk, sk } = request.key();
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", S(pk))
            .key("sk", S(sk))
            .condition_expression("#until = :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", S(request.until().to_string()));
        condition_met(delete.send().await, "DeleteItem of a request to the sweeper").map(drop)
    }
}
