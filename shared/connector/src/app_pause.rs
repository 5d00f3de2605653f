//! Whether the operator lets an app's jobs through, or has paused the app for everybody. A function reads one small item
//! each [`KNOWN_FOR`] to know, however many jobs it does.

use std::time::Instant;

use aws::store::{Store, StoreError};
use domain::app::App;
use domain::pause::{AppPause, KNOWN_FOR};
use tokio::sync::Mutex;

/// One app's gate.
#[derive(Debug)]
pub struct PauseCache {
    app: App,
    known: Mutex<Option<(Instant, Option<AppPause>)>>,
}

impl PauseCache {
    /// The gate of that app; nothing is known of it yet.
    pub fn of(app: App) -> Self {
        Self { app, known: Mutex::default() }
    }

    /// The pause that closes it, if one does.
    pub async fn closed(&self, store: &Store) -> Result<Option<AppPause>, StoreError> {
        // Held across the read: a batch of jobs reads once, not ten times.
        let mut known = self.known.lock().await;
        if let Some((read, pause)) = known.as_ref()
            && read.elapsed() < KNOWN_FOR
        {
            return Ok(pause.clone());
        }
        let pause = store.app_pause(self.app).await?;
        *known = Some((Instant::now(), pause.clone()));
        Ok(pause)
    }
}
