//! The actions that a rule can use: Invite Member and Remove Member, and the pairs that add a member to a space, space
//! group, event or tag and remove them.

pub mod invite_member;
pub mod member_tag;
pub mod membership;
pub mod remove_member;
