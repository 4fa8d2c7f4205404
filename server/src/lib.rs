//! What people do: schedule, invite, attend, conclude, report. HTTP, jobs, documents, and the browser UI.
//!
//! Read `docs/ARCHITECTURE.md` first; [`router`] is the map.

pub mod alarms;
pub mod api;
pub mod app;
pub mod assets;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod figures;
pub mod jobs;
pub mod language;
pub mod live;
pub mod middleware;
pub mod print;
pub mod probe;
pub mod rooms;
pub mod router;
pub mod service;
pub mod serving;
pub mod texts;
