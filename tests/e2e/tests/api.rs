//! The management API on local AWS: who may see what, and a merchant's whole story over HTTP.

mod accounts;
mod edges;
mod fuzz;
mod login;
mod story;
