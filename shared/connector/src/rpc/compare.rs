//! Comparing an account with the states that actions set.

use std::time::Duration;

use domain::connector_rpc::{Compare, Compared, InApp};
use domain::outcome::{Reason, Setback};
use runtime::clock::{self, Instant};

use super::{ConnectorService, Stop};
use crate::call::{Call, Connector};
use crate::{http, redact};

/// After this, no further action is asked about.
const ASKING: Duration = Duration::from_secs(15);

impl<C: Connector> ConnectorService<'_, C> {
    /// Asks the app about one action after the other, so that an account's limit of calls at once is kept. If the app
    /// fails or accepts no more calls, it is not asked about the others.
    pub(super) async fn compare(&self, asked: &Compare) -> Result<Compared, Stop> {
        let (began, app) = (Instant::now(), self.connector.app());
        let account = self.account(&asked.marketplace, &asked.integration).await?;
        let (credentials, _) = self.authorized(&account).await?;
        let (mut states, mut stopped) = (Vec::new(), None);
        for job in &asked.jobs {
            if stopped.is_none() && began.elapsed() > ASKING {
                stopped = Some(Reason::new(format!("{} took too long to answer.", app.label())));
            }
            if let Some(reason) = stopped.clone() {
                states.push(InApp::Unknown { reason });
                continue;
            }
            let call = Call { job, credentials: &credentials, attempt: 1, now: clock::now() };
            let asks = http::read_only(self.connector.is_as_set(&call));
            states.push(match redact::within(app, &credentials, asks).await {
                Ok(Some(true)) => InApp::AsSet,
                Ok(Some(false)) => InApp::Otherwise,
                Ok(None) => {
                    let reason = format!("{} cannot be asked about this action.", app.label());
                    InApp::Unknown { reason: Reason::new(reason) }
                }
                Err(setback) => {
                    let setback = redact::setback(app, &credentials, setback);
                    let concerns_others = concerns_others(&setback);
                    let reason = setback.into_reason();
                    stopped = concerns_others.then(|| reason.clone());
                    InApp::Unknown { reason }
                }
            });
        }
        Ok(Compared { states })
    }
}

/// Whether the app would answer the same about other actions.
fn concerns_others(setback: &Setback) -> bool {
    match setback {
        Setback::Transient { .. } | Setback::RateLimited { .. } | Setback::ReconnectNeeded { .. } => true,
        Setback::PreconditionMissing { .. } | Setback::Rejected { .. } => false,
    }
}
