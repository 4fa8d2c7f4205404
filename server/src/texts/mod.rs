//! What the program says to people, in both languages. Administrative Vietnamese, sentence case.

mod attendance;
mod fields;
mod kinds;
mod problems;
mod savings;
mod warnings;

pub use attendance::attendance_warning;
pub use fields::field;
pub use kinds::kind;
pub use problems::problem;
pub use savings::{exclusion, savings_label};
pub use warnings::warning;
