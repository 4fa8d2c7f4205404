//! What was measured, beside what was promised.

use std::time::Duration;

/// Figures as they come.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    measured: f64,
    limit: f64,
    unit: &'static str,
    how: String,
}

impl Table {
    /// Adds a figure and says it at once.
    pub fn add(&mut self, what: &str, measured: f64, limit: f64, unit: &'static str, how: String) {
        let row = Row { what: what.to_owned(), measured, limit, unit, how };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// Prints all as a Markdown table; false when a limit is missed.
    pub fn print(&self) -> bool {
        println!("\n| figure | measured | limit | how |\n|---|---|---|---|");
        for row in &self.rows {
            println!("{}", row.line());
        }
        self.rows.iter().all(Row::holds)
    }
}

impl Row {
    fn holds(&self) -> bool {
        self.measured <= self.limit
    }

    fn line(&self) -> String {
        let missed = if self.holds() { "" } else { " **missed**" };
        let Self { what, measured, limit, unit, how } = self;
        format!("| {what} | {measured:.1} {unit}{missed} | ≤ {limit} {unit} | {how} |")
    }
}

/// Milliseconds at a share of the sorted values: 0.5 is the median, 0.99 what 99 of 100 stay below.
pub fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place among a few hundred values"
    )]
    let place = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len());
    times[place - 1].as_secs_f64() * 1000.0
}
