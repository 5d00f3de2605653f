//! Reads for the pages of the merchants' console, besides those of the other areas.

use domain::digest::DigestSecret;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::job::Contact;
use domain::rule::Rule;
use jiff::Timestamp;

use crate::StoreError;
use crate::engine::Engine;
use crate::names::Names;
use crate::preview::{self, Preview, PreviewError, Subject};
use crate::summary::{self, Period, Summary};
use crate::trial::{self, Trial, TrialError};
use crate::waits::{self, Waits};

/// The operations for the pages of the merchants' console.
#[derive(Debug, Clone, Copy)]
pub struct Console<'a>(&'a Engine);

impl Engine {
    /// The operations for the pages of the merchants' console.
    pub fn console(&self) -> Console<'_> {
        Console(self)
    }
}

impl Console<'_> {
    /// Summarizes a period. Tests of rules are not counted.
    pub async fn summary(
        &self,
        m: &MarketplaceId,
        period: Period,
        now: Timestamp,
    ) -> Result<Summary, StoreError> {
        summary::summary(&self.0.store, m, period, now).await
    }

    /// The actions that wait for an account. `None`: the account does not need to be reconnected.
    pub async fn waits(&self, account: &Integration, now: Timestamp) -> Result<Option<Waits>, StoreError> {
        waits::of(&self.0.store, account, now).await
    }

    /// The names of the rules and accounts of some actions, each given by its rule and account.
    pub async fn action_names<'r>(
        &self,
        m: &MarketplaceId,
        actions: impl IntoIterator<Item = (&'r RuleId, &'r IntegrationId)>,
        now: Timestamp,
    ) -> Result<Names, StoreError> {
        Names::of_actions(&self.0.store, m, actions, now).await
    }

    /// The names of the accounts and products of some rules.
    pub async fn rule_names<'r>(
        &self,
        m: &MarketplaceId,
        rules: impl IntoIterator<Item = &'r Rule>,
        now: Timestamp,
    ) -> Result<Names, StoreError> {
        Names::of_rules(&self.0.store, m, rules, now).await
    }

    /// Previews a rule, stored or not. Its conditions are not checked.
    pub async fn preview(
        &self,
        secret: &DigestSecret,
        rule: &Rule,
        subject: Subject<'_>,
        now: Timestamp,
    ) -> Result<Preview, PreviewError> {
        preview::preview(&self.0.services.connectors, secret, rule, subject, now).await
    }

    /// Tries a rule, stored or not. Its conditions are not checked, and it need not be enabled.
    pub async fn try_rule(
        &self,
        secret: &DigestSecret,
        rule: &Rule,
        contact: &Contact,
        now: Timestamp,
    ) -> Result<Trial, TrialError> {
        trial::start(&self.0.store, &self.0.services.queues, secret, rule, contact, now).await
    }
}
