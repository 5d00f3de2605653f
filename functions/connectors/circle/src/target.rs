//! Spaces, space groups, events and tags.

/// A kind of record that a member can be added to.
#[derive(Debug)]
pub struct Target {
    /// The noun in messages to merchants.
    pub(crate) noun: &'static str,
    /// The path of its members in Circle's API.
    pub(crate) path: &'static str,
    /// The field with the member's e-mail address, whose name differs by target.
    pub(crate) email: &'static str,
    /// The field with its id, which is also the rule's setting.
    pub(crate) id: &'static str,
    pub(crate) on: &'static str,
    pub(crate) off: &'static str,
}

/// A space.
pub const SPACE: Target = Target {
    noun: "space",
    path: "space_members",
    email: "email",
    id: "space_id",
    on: "The contact is in the space.",
    off: "The contact is not in the space.",
};

/// A space group. A member who leaves it also leaves its spaces.
pub const SPACE_GROUP: Target = Target {
    noun: "space group",
    path: "space_group_members",
    email: "email",
    id: "space_group_id",
    on: "The contact is in the space group.",
    off: "The contact is not in the space group.",
};

/// An event, whose id is a text in Circle.
pub const EVENT: Target = Target {
    noun: "event",
    path: "event_attendees",
    email: "member_email",
    id: "event_id",
    on: "The contact is on the event's list.",
    off: "The contact is not on the event's list.",
};

/// A tag.
pub const TAG: Target = Target {
    noun: "tag",
    path: "tagged_members",
    email: "user_email",
    id: "member_tag_id",
    on: "The contact has the tag.",
    off: "The contact does not have the tag.",
};
