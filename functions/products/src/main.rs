//! The entry point of the products function.

use products::handle::Function;
use runtime::bus_event::BusEvent;
use runtime::{Error, LambdaEvent, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let function = Function::start().await?;
    runtime::run(async |event: LambdaEvent<BusEvent>| function.handle(event.payload).await).await
}
