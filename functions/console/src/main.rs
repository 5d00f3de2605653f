//! The console function: serves the merchants' web app, which is embedded in this binary, below `/console/`.

mod encoding;
mod files;
mod request;
mod respond;
mod response;

use files::Site;
use request::Request;
use response::Policy;
use runtime::{Error, LambdaEvent, config, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let policy = Policy::new(&config::required("FRAME_ANCESTORS")?);
    let site = Site::built();
    runtime::run(async |event: LambdaEvent<Request>| Ok(respond::to(&event.payload, &site, &policy))).await
}
