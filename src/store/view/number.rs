//! Numbers, times and sizes as short text.

use crate::stats::Interval;

/// Three decimals where that says something, else three significant digits; `–` for NaN, which here means "no value".
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size.is_nan() => "–".into(),
        0.0 => "0".into(),
        size if size < 5e-4 || (1e6..f64::INFINITY).contains(&size) => format!("{value:.2e}"),
        size if size < 100.0 => format!("{value:.3}"),
        size if size.is_finite() => format!("{value:.1}"),
        _ => value.to_string(),
    }
}

/// Like [`number`] with a sign.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// `0.412 [0.380, 0.444]`.
pub fn interval(interval: Interval) -> String {
    match interval.mean.is_nan() {
        true => "–".into(),
        false => format!("{} [{}, {}]", number(interval.mean), number(interval.low), number(interval.high)),
    }
}

/// `+0.021 [+0.009, +0.034]`.
pub fn signed_interval(interval: Interval) -> String {
    match interval.mean.is_nan() {
        true => "–".into(),
        false => format!("{} [{}, {}]", signed(interval.mean), signed(interval.low), signed(interval.high)),
    }
}

/// `p = 0.012`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

/// `1 h 02 min`, `3 min 20 s`, `12.3 s`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{:.1} s", ms as f64 / 1000.0),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// `1.4 MiB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

/// `2026-11-20 06:13`, universal time, from milliseconds since 1970 (Howard Hinnant, `civil_from_days`).
pub fn date(ms: u64) -> String {
    let minutes = ms / 60_000;
    let days = minutes / 1440 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> = [0.0, 0.4123, -0.0213, 12.3456, 1234.5, 3e-5, 2.5e7].map(number).into();
        assert_eq!(shown, ["0", "0.412", "-0.021", "12.346", "1234.5", "3.00e-5", "2.50e7"]);
        assert_eq!((number(f64::NAN), number(f64::INFINITY)), ("–".into(), "inf".into()));
        assert_eq!((signed(0.5), signed(-0.5)), ("+0.500".into(), "-0.500".into()));
        assert_eq!((p_value(0.0001), p_value(0.0123)), ("p < 0.001".into(), "p = 0.012".into()));
    }

    #[test]
    fn times_and_sizes() {
        assert_eq!(date(0), "1970-01-01 00:00");
        assert_eq!(date(1_709_210_096_000), "2024-02-29 12:34");
        assert_eq!((duration(12_300), duration(200_000), duration(3_720_000)).1, "3 min 20 s");
        assert_eq!((size(12), size(1_500_000)), ("12 B".into(), "1.4 MiB".into()));
    }
}
