//! Stateful stand-ins for the apps that the engine integrates with.
//!
//! One HTTP server serves every app under `/{app}` with the vendor's own paths, e.g.
//! `/mailchimp/3.0/lists/{list}/members/{hash}`. It stores the data that it receives, responds as the vendor documents,
//! and can fail on request. The apps with OAuth have an authorization page, such as `/kit/v4/oauth/authorize`, and
//! token endpoints. The sandbox's own controls begin with an underscore:
//!
//! | Call | Effect |
//! |---|---|
//! | `GET /_requests?app=&since=&path=&method=&limit=` | lists the requests that the apps received, in order of arrival |
//! | `DELETE /_requests` | deletes that list |
//! | `POST /_faults`, `GET /_faults`, `DELETE /_faults[/{id}]` | makes requests fail, see [`Sandbox::fault`] |
//! | `POST /_tokens` | makes an app reject a credential, or accept it again, see [`Sandbox::token`] |
//! | `GET /_oauth/{app}`, `POST /_oauth/{app}` | lists the tokens that an app issued; changes OAuth's behaviour, see [`Sandbox::oauth`] |
//! | `GET /_state/{app}`, `POST /_state/{app}` | shows the app's state; seeds it |
//! | `POST /_reset` | deletes requests, faults, tokens and state |
//! | `GET /_health` | returns 200 when the sandbox serves |
//!
//! In a test, [`serve`] (or [`Sandbox::start`]) runs it in the same process and the [`Sandbox`] handle offers the
//! same controls as methods.

mod apps;
mod clock;
mod command;
mod connection;
mod control;
mod dispatch;
mod exchange;
mod faults;
mod in_memory;
mod oauth;
mod recorder;
mod server;
mod tokens;
mod world;

pub use apps::Examples;
pub use axum::body::Bytes;
pub use axum::http;
pub use command::{Args, run};
pub use exchange::Refusal;
pub use in_memory::Apps;
pub use server::{Sandbox, serve};
pub use tokens::Standing;
