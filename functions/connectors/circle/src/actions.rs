//! The actions that a rule can use: those about a member, and the pairs that put a member into something and take them out.

pub mod invite_member;
pub mod member_tag;
pub mod membership;
pub mod remove_member;
