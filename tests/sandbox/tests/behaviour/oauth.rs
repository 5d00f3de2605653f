//! The apps' authorize pages and token endpoints.
