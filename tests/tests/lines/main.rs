//! Lines to hold: two real browsers, one of them behind a bad line. `make test-lines` runs it and prints the table of
//! `signaling/docs/BENCHMARKS.md`. Each row is tried with Chromium and with Firefox behind the bad line.

mod bursts;
mod changing;
mod loss;
mod narrow;
mod pair;
mod row;
mod without_udp;
