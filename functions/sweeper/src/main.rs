//! The entry point of the sweeper.

use runtime::{Error, LambdaEvent, function};
use serde::de::IgnoredAny;
use sweeper::sweep::Sweeper;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let sweeper = Sweeper::start().await?;
    runtime::run(async |event: LambdaEvent<IgnoredAny>| Ok(sweeper.sweep(function::deadline(&event)).await?))
        .await
}
