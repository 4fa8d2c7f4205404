//! What leaves the program as a file: tables of what is on the screen, for a spreadsheet.

pub mod attendance;
pub mod csv;
pub mod ledger;
pub mod report;
