//! Lines out of a stream of bytes, no longer than allowed.

/// What has come and is no whole line yet.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// So much of it has been looked through.
    searched: usize,
    max_bytes: usize,
}

/// A line is longer than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Lines {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            buffer: Vec::new(),
            searched: 0,
            max_bytes,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line without its end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let unseen = &self.buffer[self.searched..];
        let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return if self.searched > self.max_bytes {
                Err(TooLong)
            } else {
                Ok(None)
            };
        };
        let end = self.searched + end;
        if end > self.max_bytes {
            return Err(TooLong);
        }
        let rest = self.buffer.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.buffer, rest);
        self.searched = 0;
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole() {
        let mut lines = Lines::new(10);
        lines.push(b"one\r\ntw");
        assert_eq!(lines.next(), Ok(Some(b"one".to_vec())));
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"o\n\nthree");
        assert_eq!(lines.next(), Ok(Some(b"two".to_vec())));
        assert_eq!(lines.next(), Ok(Some(Vec::new())));
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"\n");
        assert_eq!(lines.next(), Ok(Some(b"three".to_vec())));
    }

    #[test]
    fn a_line_that_does_not_end_is_too_long() {
        let mut lines = Lines::new(10);
        lines.push(b"0123456789");
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"0");
        assert_eq!(lines.next(), Err(TooLong));
        let mut lines = Lines::new(3);
        lines.push(b"abcd\n");
        assert_eq!(lines.next(), Err(TooLong));
    }
}
