//! The Lambda function of an app that is data: the handler's name selects the app.

use declared::Declared;
use runtime::config;

fn main() -> Result<(), connector::Error> {
    connector::run(|settings| {
        let app = config::parsed("_HANDLER")?;
        Ok::<_, connector::Error>(Declared::new(app, settings)?)
    })
}
