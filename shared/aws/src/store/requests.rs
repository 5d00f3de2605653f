//! Requests to the sweeper, beside the jobs that are due.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use super::{Store, StoreError, condition_met};

/// A worker that read the account or the pause just before a request may park a job just after it, so the sweeper
/// repeats the request for this time.
pub(super) const STRAGGLERS: SignedDuration = SignedDuration::from_mins(10);

/// A request to the sweeper. It is repeated until its time has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepRequest {
    /// Release an account's held jobs.
    Release(Release),
    /// Send the jobs of an app after a pause.
    Resume(Resume),
}

/// An account whose held jobs are to be released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The account's marketplace.
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
    /// Until when the sweeper looks for jobs that were parked late.
    pub until: Timestamp,
}

/// An app whose jobs are sent after a pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The app.
    pub app: App,
    /// Until when the sweeper looks for jobs that were parked late.
    pub until: Timestamp,
}

impl fmt::Display for SweepRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { pk, sk } = self.key();
        write!(f, "{pk} / {sk}")
    }
}

impl SweepRequest {
    /// Until when the sweeper looks for jobs that were parked late.
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

    /// The request's key in the index if it is due at `at`.
    pub(super) fn place(&self, at: Timestamp) -> String {
        match self {
            SweepRequest::Release(release) => keys::at(at, release.integration.as_str()),
            SweepRequest::Resume(resume) => keys::at(at, resume.app.key()),
        }
    }
}

impl Store {
    /// Schedules a request again at `at`, unless a newer request has replaced it.
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
        // A newer request needs no change: it has its own due time.
        condition_met(update.send().await, "UpdateItem of a request to the sweeper").map(drop)
    }

    /// Deletes a request, unless a newer request has replaced it.
    pub async fn forget(&self, request: &SweepRequest) -> Result<(), StoreError> {
        let delete = self
            .delete_item(request.key())
            .condition_expression("#until = :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", S(request.until().to_string()));
        condition_met(delete.send().await, "DeleteItem of a request to the sweeper").map(drop)
    }
}
