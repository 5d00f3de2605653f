//! The requests of each app's actions, and the outcome of each of its responses.
#![expect(clippy::expect_used, reason = "in a test")]

mod activecampaign;
mod app;
mod aweber;
mod circle;
mod constantcontact;
mod drip;
mod facebook;
mod getresponse;
mod hubspot;
mod intercom;
mod keap;
mod klaviyo;
mod mailerlite;
mod memberpress;
mod sale;
mod slack;
mod thinkific;
