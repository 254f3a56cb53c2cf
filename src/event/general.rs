//! The general parser of the selective reader: for a record with white space, or with something
//! else that `compact` does not support.
//!
//! It follows the grammar of `structure`. It supports no escapes in names, no doubled wanted names,
//! no wanted values but strings, `null`, the objects that hold wanted members and those in place of
//! details, and nothing out of place.

use super::bitmaps::Quote;
use super::event::Resource;
use super::fields::{self, EVENT_FIELD_COUNT, EventMember, FIELD_COUNT, add_resource};
use super::window::{Bail, TextWindow, ValueSpan};

/// Parses the record whose opening bracket is at `open`: sets the spans of the wanted values, adds
/// the resources of `referencedResources`, and returns the position of the closing bracket. The spans
/// are of the first `FIELDS` fields: those of an event, or also those of its details.
#[inline(always)]
pub(super) fn parse_record<'t, const FIELDS: usize>(
    window: TextWindow<'_, 't>,
    open: usize,
    spans: &mut [ValueSpan; FIELDS],
    resources: &mut Vec<Resource<'t>>,
) -> Result<usize, Bail> {
    let mut parser = GeneralParser {
        window,
        spans,
        occurred: 0,
        resources,
    };
    parser.parse_members::<true>(open)
}

struct GeneralParser<'p, 'm, 't, const FIELDS: usize> {
    window: TextWindow<'m, 't>,
    spans: &'p mut [ValueSpan; FIELDS],
    /// A bit for each wanted member that has occurred.
    occurred: u32,
    resources: &'p mut Vec<Resource<'t>>,
}

impl<'t, const FIELDS: usize> GeneralParser<'_, '_, 't, FIELDS> {
    /// Parses the members of the object whose opening bracket is at `open`, a record or its
    /// `userIdentity`. Returns the position of the closing bracket.
    #[inline(always)]
    fn parse_members<const IS_RECORD: bool>(&mut self, open: usize) -> Result<usize, Bail> {
        let mut position = open + 1;
        loop {
            position = self.parse_member::<IS_RECORD>(position)?;
            match self.window.byte(position)? {
                b',' => position += 1,
                b'}' => return Ok(position),
                _ => return Err(Bail::Unsupported),
            }
        }
    }

    /// Skips the value whose first byte is at `position`, and returns the position after it.
    #[inline(always)]
    fn skip_value(&self, mut position: usize) -> Result<usize, Bail> {
        match self.window.byte(position)? {
            b'{' | b'[' => Ok(self.matching_close(position)? + 1),
            b'"' => Ok(self.next_quote(position + 1)?.position() + 1),
            _ => loop {
                match self.window.byte(position)? {
                    b',' | b'}' => return Ok(position),
                    b'"' | b'{' | b'[' | b']' | b'\\' => return Err(Bail::Unsupported),
                    _ => position += 1,
                }
            },
        }
    }

    /// Parses the member that begins at `position`, and keeps its value if it is wanted. Returns the
    /// position of the comma or the close after it.
    #[inline(always)]
    fn parse_member<const IS_RECORD: bool>(&mut self, position: usize) -> Result<usize, Bail> {
        let (start, byte) = self.window.token(position)?;
        if matches!(byte, b',' | b'}') {
            return Ok(start);
        }
        if byte != b'"' {
            return Err(Bail::Unsupported);
        }
        let end = self.next_quote(start + 1)?;
        if end.has_backslash() {
            return Err(Bail::Unsupported);
        }
        let name = self.window.string(start, end)?;
        let end = end.position();
        let (colon, byte) = self.window.token(end + 1)?;
        let member = if IS_RECORD {
            match fields::event_member(name) {
                None if FIELDS == FIELD_COUNT => {
                    fields::detail_member(name).map(EventMember::Field)
                }
                member => member,
            }
        } else {
            fields::identity_member(name).map(EventMember::Field)
        };
        if byte != b':' {
            return Err(Bail::Unsupported);
        }
        let (value, byte) = self.window.token(colon + 1)?;
        let Some(member) = member else {
            return Ok(self.window.token(self.skip_value(value)?)?.0);
        };
        let bit = 1
            << match member {
                EventMember::Field(field) => field as usize,
                EventMember::Identity => FIELD_COUNT,
                EventMember::References => FIELD_COUNT + 1,
            };
        if self.occurred & bit != 0 {
            return Err(Bail::Unsupported);
        }
        self.occurred |= bit;
        let end = match (member, byte) {
            (EventMember::Field(field), b'"') => {
                let end = self.next_quote(value + 1)?;
                self.window.string(value, end)?;
                if let Some(span) = self.spans.get_mut(field as usize) {
                    *span = ValueSpan::new(value + 1, end);
                }
                end.position() + 1
            }
            (EventMember::Identity, b'{') if IS_RECORD => self.parse_members::<false>(value)? + 1,
            (EventMember::References, b'{') => self.parse_references(value)?,
            // It is the same as missing.
            (EventMember::Field(field), b'{' | b'[') if field as usize >= EVENT_FIELD_COUNT => {
                self.skip_value(value)?
            }
            _ => self.window.null(value)?,
        };
        match self.window.token(end)? {
            (end, b',' | b'}') => Ok(end),
            _ => Err(Bail::Unsupported),
        }
    }

    #[inline(always)]
    fn next_quote(&self, position: usize) -> Result<Quote, Bail> {
        self.window
            .bitmaps
            .next_quote(position)
            .ok_or(Bail::NeedMoreText)
    }

    #[inline(always)]
    fn matching_close(&self, open: usize) -> Result<usize, Bail> {
        self.window
            .bitmaps
            .matching_close(open + 1)
            .ok_or(Bail::NeedMoreText)
    }

    /// Parses `referencedResources`, whose opening bracket is at `open`: type → list of names, or a
    /// lone name. Returns the position after it.
    #[inline(always)]
    fn parse_references(&mut self, open: usize) -> Result<usize, Bail> {
        let mut position = open + 1;
        loop {
            let (name, byte) = self.window.token(position)?;
            match byte {
                b'"' => {}
                b'}' => return Ok(name + 1),
                _ => return Err(Bail::Unsupported),
            }
            let (resource_type, end) = self.parse_string(name)?;
            let (colon, byte) = self.window.token(end)?;
            if byte != b':' {
                return Err(Bail::Unsupported);
            }
            let (value, byte) = self.window.token(colon + 1)?;
            let end = match byte {
                b'[' => self.parse_resource_names(value, resource_type)?,
                b'"' => {
                    let (name, end) = self.parse_string(value)?;
                    add_resource(self.resources, resource_type, name);
                    end
                }
                _ => return Err(Bail::Unsupported),
            };
            match self.window.token(end)? {
                (end, b',') => position = end + 1,
                (end, b'}') => return Ok(end + 1),
                _ => return Err(Bail::Unsupported),
            }
        }
    }

    /// Parses the list of names whose opening bracket is at `open`; returns the position after it.
    #[inline(always)]
    fn parse_resource_names(&mut self, open: usize, resource_type: &'t str) -> Result<usize, Bail> {
        let mut position = open + 1;
        loop {
            let (start, byte) = self.window.token(position)?;
            match byte {
                b'"' => {}
                b']' => return Ok(start + 1),
                _ => return Err(Bail::Unsupported),
            }
            let (name, end) = self.parse_string(start)?;
            add_resource(self.resources, resource_type, name);
            match self.window.token(end)? {
                (end, b',') => position = end + 1,
                (end, b']') => return Ok(end + 1),
                _ => return Err(Bail::Unsupported),
            }
        }
    }

    /// The content of the string at `position`, and the position after it.
    #[inline(always)]
    fn parse_string(&self, position: usize) -> Result<(&'t str, usize), Bail> {
        let end = self.next_quote(position + 1)?;
        Ok((self.window.string(position, end)?, end.position() + 1))
    }
}
