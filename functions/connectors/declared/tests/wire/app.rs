//! The connector of an app of the catalog.

use connector::http::{HttpSettings, HttpSetupError};
use declared::{Declared, InvalidApp};

/// The connector of an app.
///
/// # Panics
/// The app's definition is not valid.
pub(crate) fn app(key: &str, settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    match Declared::new(key.parse().expect("an app"), settings) {
        Ok(connector) => Ok(connector),
        Err(InvalidApp::Http(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}
