//! A reverse proxy between the functions and local AWS.
//!
//! Requests are forwarded unchanged, including `Host`, so their signatures remain valid. The proxy's own controls begin
//! with an underscore:
//!
//! | Call | Effect |
//! |---|---|
//! | `GET /_counts` | lists the calls since the last reset, one row per service, operation and kind of item |
//! | `DELETE /_counts` | resets the counts |
//! | `POST /_faults` | makes calls fail; returns `{"id": …}` |
//! | `GET /_faults`, `DELETE /_faults` | lists the faults and their numbers of hits; removes all faults |
//! | `GET /_health` | returns 200 when the proxy serves |
//!
//! A fault selects calls with `{"service": "dynamodb", "operation": "PutItem", "item": "EFFECT"}`, of which the last
//! two are optional. `{"error": "ProvisionedThroughputExceededException", "status": 400}` sets the caller's error;
//! without it, the connection is closed without a response. `{"rate": 0.5, "count": 10}` limits how often the fault
//! applies, and with `{"after": true}` the call is applied before it fails. The oldest matching fault applies.
//!
//! For DynamoDB, a row also has the capacity that its calls consumed, including indexes. An item's kind is the part of
//! its key in upper case: a key `demo#BUYER#4711` is a `BUYER`.

mod call;
mod capacity;
mod command;
mod control;
mod counts;
mod faults;
mod forward;
mod padding;
mod server;

pub use command::{Args, run};
pub use server::{Proxy, serve};
