//! YAML documents of users and operators: rules, and the definitions of apps.

mod expanded_size;
mod json;
mod parser;
mod position;
mod positions;

pub use expanded_size::check as expanded_size;
pub use json::{InvalidDocument, to_json};
pub use parser::{DEEPEST, MOST_VALUES, duplicate, message, position, read};
pub use position::Position;
pub use positions::{Positions, Step};
