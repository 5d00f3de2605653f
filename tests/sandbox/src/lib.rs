//! Stateful stand-ins for the apps that the engine integrates with.
//!
//! One HTTP server plays every app under `/{app}` with the vendor's own paths, e.g.
//! `/mailchimp/3.0/lists/{list}/members/{hash}`. It keeps what it receives, answers as the vendor documents,
//! and can be told to fail. The apps with OAuth have a page to be allowed in on, such as `/kit/v4/oauth/authorize`, and
//! the endpoints for tokens. Its own controls begin with an underscore:
//!
//! | Call | Does |
//! |---|---|
//! | `GET /_requests?app=&since=&path=&method=&limit=` | what the apps received, in order of arrival |
//! | `DELETE /_requests` | forgets it |
//! | `POST /_faults`, `GET /_faults`, `DELETE /_faults[/{id}]` | makes requests fail, see [`Sandbox::fault`] |
//! | `POST /_tokens` | makes an app refuse a credential, or accept it again, see [`Sandbox::token`] |
//! | `GET /_oauth/{app}`, `POST /_oauth/{app}` | the tokens that an app issued; how long they live, see [`Sandbox::oauth`] |
//! | `GET /_state/{app}`, `POST /_state/{app}` | the app's own state, and a way to seed it |
//! | `POST /_reset` | forgets requests, faults, tokens and state |
//! | `GET /_health` | 200 once it serves |
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
mod oauth;
mod recorder;
mod server;
mod tokens;
mod world;

pub use command::{Args, run};
pub use exchange::Refusal;
pub use server::{Sandbox, serve};
pub use tokens::Standing;
