//! Times and ages as people read them.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-11-22 03:07:51 UTC`.
pub(super) fn day_and_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M:%S UTC")
        .to_string()
}

/// `03:07 UTC`.
pub(super) fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M UTC").to_string()
}

/// How long before `now` it was, in at most two units.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    let amount = amount(seconds.unsigned_abs());
    if seconds < 0 {
        format!("{amount} after the time of judging")
    } else {
        format!("{amount} ago")
    }
}

fn amount(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(minutes, "min", seconds % 60, "s"),
        3_600..86_400 => two(hours, "h", minutes % 60, "min"),
        86_400..172_800 => two(1, "day", hours % 24, "h"),
        _ => two(days, "days", hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units() {
        let then = Timestamp::UNIX_EPOCH;
        let rows = [
            (0, "0 s ago"),
            (59, "59 s ago"),
            (61, "1 min 1 s ago"),
            (7_200, "2 h ago"),
            (90_000, "1 day 1 h ago"),
            (260_000, "3 days ago"),
            (-5, "5 s after the time of judging"),
        ];
        for (seconds, words) in rows {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(ago(now, then), words);
        }
    }
}
