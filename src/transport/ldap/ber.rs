//! Reads BER as far as LDAP uses it: one-byte tags and definite lengths, one level at a time.

/// Why bytes are not the message that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Garbage(pub(super) &'static str);

/// A tag with its content.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
}

impl Element<'_> {
    /// Where the content of the first element begins and ends; `None` while its head is incomplete.
    pub(super) fn extent(bytes: &[u8]) -> Result<Option<(usize, usize)>, Garbage> {
        let &[tag, first, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        if tag & 0x1f == 0x1f {
            return Err(Garbage("it has a tag that LDAP does not use"));
        }
        if first < 0x80 {
            return Ok(Some((2, 2 + usize::from(first))));
        }
        let octets = usize::from(first & 0x7f);
        if !(1..=4).contains(&octets) {
            return Err(Garbage("it has a length that LDAP does not use"));
        }
        let Some(octets) = rest.get(..octets) else {
            return Ok(None);
        };
        let length = octets
            .iter()
            .fold(0_u32, |length, octet| length << 8 | u32::from(*octet));
        let head = 2 + octets.len();
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| head.checked_add(length));
        Ok(Some((head, end.ok_or(Garbage("it is too long"))?)))
    }
}

/// The elements of one level, in their order.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn next(&mut self) -> Result<Element<'a>, Garbage> {
        let (head, end) = Element::extent(self.0)?.ok_or(Garbage("it ends too early"))?;
        let content = self.0.get(head..end).ok_or(Garbage("it ends too early"))?;
        let tag = self.0[0];
        self.0 = &self.0[end..];
        Ok(Element { tag, content })
    }

    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Garbage> {
        let element = self.next()?;
        if element.tag == tag {
            Ok(element.content)
        } else {
            Err(Garbage("it has parts of another kind"))
        }
    }

    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Garbage> {
        if self.0.first() == Some(&tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    pub(super) fn text(&mut self, tag: u8) -> Result<&'a str, Garbage> {
        std::str::from_utf8(self.expect(tag)?).map_err(|_| Garbage("a text is not UTF-8"))
    }

    pub(super) fn small_number(&mut self, tag: u8) -> Result<u32, Garbage> {
        match self.expect(tag)? {
            digits @ [_, ..] if digits.len() <= 4 => Ok(digits
                .iter()
                .fold(0, |number, octet| number << 8 | u32::from(*octet))),
            _ => Err(Garbage("a number is too long")),
        }
    }

    pub(super) fn end(&self) -> Result<(), Garbage> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Garbage("it has more parts than it should"))
        }
    }
}
