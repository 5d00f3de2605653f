//! The entry point of one trigger function: the handler's name selects the trigger.

use runtime::{Error, LambdaEvent, config, function};
use triggers::handle::{Function, NoDefinition};
use triggers::registry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let trigger = config::required("_HANDLER")?.parse()?;
    let definition = registry::definition(trigger).ok_or(NoDefinition(trigger))?;
    let function = Function::start(definition).await?;
    runtime::run(async |event: LambdaEvent<_>| function.handle(event.payload).await).await
}
