//! CPU time of a process.

use std::{fs, time::Duration};

/// CPU time that all threads of a process have used so far, in the scheduler's nanoseconds: `/proc/PID/stat` counts in
/// hundredths of a second, too coarse for a window of seconds.
pub fn time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let used = |thread: fs::DirEntry| -> u64 {
        // A thread that ends meanwhile did next to nothing.
        let line = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
    };
    Duration::from_nanos(threads.flatten().map(used).sum())
}
