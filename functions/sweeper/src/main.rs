//! The sweeper: sends parked jobs that are due to their queues again.

mod fair;
mod sweep;

use runtime::{Error, LambdaEvent, function};
use serde::de::IgnoredAny;
use sweep::Sweeper;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let sweeper = Sweeper::start().await?;
    runtime::run(async |event: LambdaEvent<IgnoredAny>| Ok(sweeper.sweep(function::deadline(&event)).await?))
        .await
}
