//! The preview of an action's requests.

use domain::connector_rpc::{Preview, Previewed};

use super::{ConnectorService, Stop};
use crate::call::Connector;
use crate::preview;
use crate::preview::StandIns;

impl<C: Connector> ConnectorService<'_, C> {
    /// Neither a token is refreshed nor a turn of the account's rate taken: the connector gets stand-ins for the
    /// credentials, and no request is sent.
    pub(super) async fn preview(&self, asked: &Preview) -> Result<Previewed, Stop> {
        let account = self.account(&asked.marketplace, &asked.integration).await?;
        let stand_ins = StandIns::of(self.connector.app(), &account.integration.method, &account.credentials);
        let mut actions = Vec::new();
        for job in &asked.jobs {
            actions.push(Box::pin(preview::action(self.connector, job, &stand_ins)).await);
        }
        Ok(Previewed { actions })
    }
}
