//! The program through its HTTP face: the real router over real tables, a clock with hands, rooms without media.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod attendance;
mod booking;
mod browser;
mod directory;
mod documents;
mod http;
mod life;
mod live;
mod outage;
mod savings;
mod signing_in;
mod webhooks;
mod world;
