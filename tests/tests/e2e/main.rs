//! The whole work, seen from outside. Each file is one promise of the product.

mod attendance_after_power_cut;
mod bad_input;
mod booking_race;
mod line;
mod managing;
mod meeting;
mod outage;
mod pages;
mod probe;
mod relay;
mod rough_use;
mod worked_example;
