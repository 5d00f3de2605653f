//! Whether the operator has paused an app for all merchants. A function reads one small item every [`KNOWN_FOR`],
//! however many jobs it performs.

use aws::store::{Store, StoreError};
use domain::app::App;
use domain::pause::{AppPause, KNOWN_FOR};
use runtime::clock::Instant;
use tokio::sync::Mutex;

/// The cached pause of one app.
#[derive(Debug)]
pub struct PauseCache {
    app: App,
    known: Mutex<Option<(Instant, Option<AppPause>)>>,
}

impl PauseCache {
    /// The cache for an app; nothing has been read yet.
    pub fn of(app: App) -> Self {
        Self { app, known: Mutex::default() }
    }

    /// The app's pause, if the operator has paused it.
    pub async fn closed(&self, store: &Store) -> Result<Option<AppPause>, StoreError> {
        // Locked during the read: a batch of jobs reads once, not ten times.
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
