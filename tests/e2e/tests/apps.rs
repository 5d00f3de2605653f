//! Every app end to end: a fact on the bus, a rule, and what the app's stand-in then holds.
//!
//! Accounts are connected as an operator connects them. The stand-ins know one account each, which all tests share, so
//! every test has its own marketplace, credentials, addresses and targets.

mod buyer;
mod circle;
mod highlevel;
mod kajabi;
mod kit;
mod letting_go;
mod logins;
mod mailchimp;
mod refresh;
mod secrets;
mod thinkific;
mod walk;
mod way;
mod webhook;
