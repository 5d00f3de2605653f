//! The management API on local AWS: permissions, and a merchant's whole story over HTTP.

mod accounts;
mod audit;
mod catalog;
mod edges;
mod fuzz;
mod live;
mod login;
mod rules;
mod story;
mod untested;
