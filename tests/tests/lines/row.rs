//! Rows of the table: what was measured beside what must hold.

use std::fmt::Display;

use tests::attendee::Kind;

/// Rows of one line with one browser. All are printed before any is judged.
pub struct Rows {
    line: &'static str,
    browser: Kind,
    broken: Vec<String>,
}

impl Rows {
    pub const fn new(line: &'static str, browser: Kind) -> Self {
        Self { line, browser, broken: Vec::new() }
    }

    /// A row that must hold.
    pub fn row(&mut self, what: &str, measured: &dyn Display, limit: &str, holds: bool) {
        let row = format!("| {} | {} | {what} | {measured} | {limit} |", self.line, self.browser);
        println!("{row}{}", if holds { "" } else { "   ← does not hold" });
        if !holds {
            self.broken.push(row);
        }
    }

    /// A row with an upper limit of milliseconds.
    pub fn at_most_ms(&mut self, what: &str, measured: f64, limit: f64) {
        self.row(what, &format!("{measured:.0} ms"), &format!("≤ {limit:.0} ms"), measured <= limit);
    }

    /// Something that is worth knowing and has no limit.
    pub fn note(&self, what: &str, measured: &dyn Display) {
        println!("| {} | {} | {what} | {measured} | |", self.line, self.browser);
    }

    /// All rows hold.
    #[track_caller]
    pub fn judge(self) {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        assert!(self.broken.is_empty(), "does not hold (load {}):\n{}", load.trim(), self.broken.join("\n"));
    }
}
