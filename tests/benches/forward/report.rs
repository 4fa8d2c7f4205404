//! The figures, each beside the floor and what was promised.

use crate::{pattern::Pattern, subject::Turn};

/// What forwarding may cost, as a multiple of the floor of the same pattern.
const MAX_RATIO: f64 = 1.3;
/// How many times as much Janus must cost in bursts.
const MIN_JANUS: f64 = 8.0;

/// Turns as they come.
#[derive(Default)]
pub struct Report {
    turns: Vec<(Pattern, &'static str, Turn)>,
}

impl Report {
    /// Takes a turn.
    pub fn add(&mut self, pattern: Pattern, name: &'static str, turn: Turn) {
        self.turns.push((pattern, name, turn));
    }

    fn of<'a>(&'a self, pattern: Pattern, name: &'a str) -> impl Iterator<Item = &'a Turn> {
        self.turns.iter().filter(move |(of, by, _)| *of == pattern && *by == name).map(|(_, _, turn)| turn)
    }

    /// Microseconds for each packet, of all rounds together: one round differs from the next by a tenth and more, and a mean says
    /// more of them than a median.
    fn micros(&self, pattern: Pattern, name: &str) -> Option<f64> {
        self.of(pattern, name).copied().reduce(Turn::with).map(|all| all.micros())
    }

    /// How many times another subject.
    fn ratio(&self, pattern: Pattern, name: &str, other: &str) -> Option<f64> {
        Some(self.micros(pattern, name)? / self.micros(pattern, other)?)
    }

    /// Prints everything; false when a limit is missed.
    pub fn print(&self) -> bool {
        println!("\nmachine: {}", tests::machine::describe());
        println!(
            "\n| packets | server | µs per packet received | lowest–highest | × floor | packets | missing |"
        );
        println!("|---|---|---|---|---|---|---|");
        for pattern in Pattern::ALL {
            for name in ["floor, offload", "floor", "giaoban", "other", "webrtc", "janus"] {
                let (Some(micros), Some(ratio)) =
                    (self.micros(pattern, name), self.ratio(pattern, name, floor(pattern)))
                else {
                    continue;
                };
                let all: Vec<f64> = self.of(pattern, name).map(Turn::micros).collect();
                let lowest = all.iter().copied().fold(f64::INFINITY, f64::min);
                let highest = all.iter().copied().fold(0.0, f64::max);
                let packets: u64 = self.of(pattern, name).map(|turn| turn.packets).sum();
                let missing: i64 = self.of(pattern, name).map(|turn| turn.missing).sum();
                println!(
                    "| {pattern} | {name} | {micros:.2} | {lowest:.2}–{highest:.2} | {ratio:.2} | {packets} | {missing} |"
                );
            }
        }
        println!();
        let mut kept = true;
        for pattern in Pattern::ALL {
            let floor = floor(pattern);
            let (Some(own), Some(ratio)) =
                (self.micros(pattern, "giaoban"), self.ratio(pattern, "giaoban", floor))
            else {
                continue;
            };
            let bare = self.micros(pattern, floor).unwrap_or(f64::NAN);
            println!("forward {pattern} {own:.2} floor {bare:.2} ratio {ratio:.2}");
            if let Some(ratio) = self.ratio(pattern, "giaoban", "other") {
                println!("{pattern}: {ratio:.2} × the other build");
            }
            kept &= held(&format!("{pattern}: at most {MAX_RATIO} × the floor"), ratio <= MAX_RATIO);
            let missing: i64 = self.of(pattern, "giaoban").map(|turn| turn.missing).sum();
            kept &= held(&format!("{pattern}: nothing missing"), missing == 0);
        }
        let janus = self.micros(Pattern::Bursts, "janus").zip(self.micros(Pattern::Bursts, "giaoban"));
        if let Some((janus, own)) = janus {
            let times = janus / own;
            kept &=
                held(&format!("bursts: Janus costs {times:.1} ×, at least {MIN_JANUS}"), times >= MIN_JANUS);
        }
        kept
    }
}

/// The floor of a pattern: segmentation offload can only help where packets come at once.
fn floor(pattern: Pattern) -> &'static str {
    if pattern.burst() > 1 { "floor, offload" } else { "floor" }
}

fn held(what: &str, holds: bool) -> bool {
    if !holds {
        println!("missed: {what}");
    }
    holds
}
