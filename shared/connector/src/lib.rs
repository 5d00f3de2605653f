//! The connector kit: what every app's connector shares.

pub mod call;
pub mod credentials;
pub mod http;
#[cfg(feature = "testing")]
pub mod testing;
