//! Values of options that need more than a word.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::pair::parse_duration;

/// A time span such as `30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .filter(|span| !span.is_zero())
        .ok_or_else(|| "time spans look like 500ms, 30s, 2m or 1h".to_owned())
}

/// A time in RFC 3339, or a day, which begins at midnight UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let midnight = || Some(day()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse()
        .ok()
        .or_else(midnight)
        .ok_or_else(|| "times look like 2026-11-22T03:00:00Z, days like 2026-11-22".to_owned())
}

/// A host name and nothing else.
pub(crate) fn host_name(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        let right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(right)
    };
    let right = text.len() <= 253 && text.split('.').all(label);
    right
        .then(|| text.to_owned())
        .ok_or_else(|| "a name has letters, digits, `-` and `_`, and dots between its parts".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(time("2026-11-22").unwrap(), time("2026-11-22T00:00:00Z").unwrap());
        assert_eq!(
            time("2026-11-22T04:30:00+02:00").unwrap(),
            time("2026-11-22T02:30:00Z").unwrap()
        );
        for wrong in ["yesterday", "2026-11-22T03:00:00", "2026-02-30", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_has_a_unit() {
        assert_eq!(duration("1500ms").unwrap(), Duration::from_millis(1500));
        for wrong in ["30", "0s", "-1s", "1.5s", "s", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
