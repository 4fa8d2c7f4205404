//! What the program says to people, in both languages. Administrative Vietnamese, sentence case.

mod fields;
mod problems;

pub use fields::field;
pub use problems::problem;
