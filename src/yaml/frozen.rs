//! What the parser says of a file, written down when the program is built.
//!
//! Parsing is the dearest part of a start, and the shipped packs are the same at every one. `build.rs` lets the parser
//! read each of them and writes its events down beside the text: a byte that says what it is, where it starts and
//! ends, and the text of a scalar where the file writes it in another way.

use super::Style;

pub(super) struct Event<'e> {
    pub(super) what: What<'e>,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) enum What<'e> {
    Scalar(&'e str, Style),
    Seq,
    Map,
    /// Of the innermost collection.
    End,
}

/// Reads the events of a text; they end where they make no sense.
pub(super) fn events<'e>(mut bytes: &'e [u8], text: &'e str) -> impl Iterator<Item = Event<'e>> {
    std::iter::from_fn(move || event(&mut bytes, text))
}

/// Passes over the next value, whatever is in it.
pub(super) fn skip_value<'e>(events: &mut impl Iterator<Item = Event<'e>>) {
    let mut depth = 0_usize;
    for event in events {
        match event.what {
            What::Seq | What::Map => depth += 1,
            What::End => depth = depth.saturating_sub(1),
            What::Scalar(..) => {}
        }
        if depth == 0 {
            break;
        }
    }
}

fn event<'e>(bytes: &mut &'e [u8], text: &'e str) -> Option<Event<'e>> {
    let (kind, rest) = bytes.split_first()?;
    *bytes = rest;
    let (start, end) = (number(bytes)?, number(bytes)?);
    let what = match kind {
        b'[' => What::Seq,
        b'{' => What::Map,
        b']' => What::End,
        b'p' => What::Scalar(text.get(start..end)?, Style::Plain),
        b'q' => What::Scalar(text.get(start + 1..end - 1)?, Style::Quoted),
        b'P' => What::Scalar(written(bytes)?, Style::Plain),
        b'Q' => What::Scalar(written(bytes)?, Style::Quoted),
        b'L' => What::Scalar(written(bytes)?, Style::Literal),
        b'F' => What::Scalar(written(bytes)?, Style::Folded),
        _ => return None,
    };
    Some(Event { what, start, end })
}

fn number(bytes: &mut &[u8]) -> Option<usize> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

fn written<'e>(bytes: &mut &'e [u8]) -> Option<&'e str> {
    let length = number(bytes)?;
    let (written, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    str::from_utf8(written).ok()
}
