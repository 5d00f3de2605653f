//! Spaces, space groups, events and tags.

/// A thing that a member can be in.
#[derive(Debug)]
pub struct Target {
    /// What a merchant calls it.
    pub(crate) noun: &'static str,
    /// Where Circle has its members.
    pub(crate) path: &'static str,
    /// The field with the member's address, which has another name for each.
    pub(crate) email: &'static str,
    /// The field with its id, which is the rule's setting too.
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

/// A space group. Who leaves it leaves its spaces too.
pub const SPACE_GROUP: Target = Target {
    noun: "space group",
    path: "space_group_members",
    email: "email",
    id: "space_group_id",
    on: "The contact is in the space group.",
    off: "The contact is not in the space group.",
};

/// An event, whose id is a text to Circle.
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
