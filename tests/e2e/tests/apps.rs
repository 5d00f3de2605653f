//! Every app end to end: a fact on the bus, a rule, and the resulting state of the app's stand-in.
//!
//! Accounts are connected as an operator connects them. Each stand-in has one account, which all tests share, so every
//! test has its own marketplace, credentials, addresses and targets.

mod buyer;
mod circle;
mod declared;
mod example;
mod highlevel;
mod httprequest;
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
