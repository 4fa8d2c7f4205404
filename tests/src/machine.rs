//! The machine that a figure was measured on.

use std::fs;

/// Processor, cores and memory, so that a figure says where it comes from.
pub fn describe() -> String {
    let value = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let model = value("/proc/cpuinfo", "model name");
    format!("{model}, {cores} cores, {} memory, Linux {}", value("/proc/meminfo", "MemTotal"), kernel.trim())
}
