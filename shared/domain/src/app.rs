//! The apps we integrate with.

use crate::keyed::keyed;

keyed! {
    /// A third-party tool that the engine acts in.
    pub enum App, "app", "apps" {
        Mailchimp = "mailchimp": "Mailchimp",
        Kit = "kit": "Kit",
        HighLevel = "highlevel": "HighLevel",
        Circle = "circle": "Circle",
        Kajabi = "kajabi": "Kajabi",
        Thinkific = "thinkific": "Thinkific",
        Webhook = "webhook": "Webhook",
    }
}
