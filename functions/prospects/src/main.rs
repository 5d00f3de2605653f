//! The entry point of the prospects function.

use prospects::handle::Function;
use runtime::{Error, LambdaEvent, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::init()?;
    let function = Function::start().await?;
    runtime::run(async |event: LambdaEvent<_>| {
        function.handle(event.payload, &event.context.invoked_function_arn).await
    })
    .await
}
