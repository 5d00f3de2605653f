//! A reverse proxy to put between the functions and local AWS.
//!
//! Requests pass as they were sent, `Host` included, so their signatures still verify. Its own controls begin with an
//! underscore:
//!
//! | Call | Does |
//! |---|---|
//! | `GET /_counts` | what passed since the last reset, one row per service, operation and kind of item |
//! | `DELETE /_counts` | starts again from zero |
//! | `POST /_faults` | makes calls fail; answers `{"id": …}` |
//! | `GET /_faults`, `DELETE /_faults` | what is set and how often it hit; removes all of it |
//! | `GET /_health` | 200 once it serves |
//!
//! A fault says which calls it is for, `{"service": "dynamodb", "operation": "PutItem", "item": "EFFECT"}`, the last
//! two of them optional; what their caller gets, `{"error": "ProvisionedThroughputExceededException", "status": 400}`,
//! or nothing of that for a connection that is closed without an answer; how often, `{"rate": 0.5, "count": 10}`; and
//! with `{"after": true}` the call is applied all the same. The oldest fault that hits decides.
//!
//! For DynamoDB a row also holds the capacity that its calls consumed, indexes included. The kind of an item is what
//! its key has in capitals: a key `demo#BUYER#4711` is a `BUYER`.

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
