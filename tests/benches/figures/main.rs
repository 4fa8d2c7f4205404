//! The figures that the product promises, measured on a release build of this machine, each with its limit beside it.
//! `make bench` runs all, `make bench B=booking` those whose name contains the word.

mod booking;
mod joining;
mod report;
mod seed;
mod starting;
mod table;

use table::Table;

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let measure = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let mut table = Table::default();
    println!("machine: {}", tests::machine::describe());
    if measure("starting") {
        starting::measure(&mut table).await;
    }
    if measure("booking") {
        booking::measure(&mut table).await;
    }
    if measure("report") {
        report::measure(&mut table).await;
    }
    if measure("joining") {
        joining::measure(&mut table).await;
    }
    if !table.print() {
        std::process::exit(1);
    }
}
