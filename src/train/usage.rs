//! What this process has taken of the machine so far. Zeros where the system does not say.

/// The kernel's unit of CPU time in `/proc`, the same on every architecture of Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds of all threads of this process; those of browsers and other helpers are not in it.
pub fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name in parentheses; utime and stime are the 12th and 13th behind it.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}

/// Resident memory in MiB.
pub fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_takes_time_and_memory() {
        let before = cpu_seconds();
        let mut sum = 0u64;
        while cpu_seconds() == before {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        assert!(resident_mib() > 1.0);
    }
}
