//! The careful way through a record: one with white space, or with something that `plain` does not
//! foresee.
//!
//! It follows the grammar of `structure`, and knows what it does not know: an escape in a name, a
//! wanted value that is no string, a doubled name, anything out of place. Then the record is for
//! the complete reader.

use super::bitmaps::Quote;
use super::fields::{self, FIELDS, Member, Resource, add_resource};
use super::stretch::{Span, Stop, Stretch};

/// Goes through the record whose opening bracket is at `open`: says where the wanted text stands,
/// adds the resources that are referenced, and gives the place of the close.
#[inline(always)]
pub(super) fn record<'t>(
    stretch: Stretch<'_, 't>,
    open: usize,
    spans: &mut [Span; FIELDS],
    resources: &mut Vec<Resource<'t>>,
) -> Result<usize, Stop> {
    let mut careful = Careful {
        stretch,
        spans,
        seen: 0,
        resources,
    };
    careful.members::<true>(open)
}

struct Careful<'c, 'm, 't> {
    stretch: Stretch<'m, 't>,
    spans: &'c mut [Span; FIELDS],
    /// A bit for each wanted member there has been.
    seen: u32,
    resources: &'c mut Vec<Resource<'t>>,
}

impl<'t> Careful<'_, '_, 't> {
    /// Goes through the members of the object whose opening bracket is at `open`, a record's or
    /// that of `userIdentity`, and takes the wanted ones. Gives the place of the object's close.
    #[inline(always)]
    fn members<const IS_TOP: bool>(&mut self, open: usize) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            at = self.member::<IS_TOP>(at)?;
            // Nothing that is wanted, up to the comma or the close.
            loop {
                at = match self.stretch.byte(at)? {
                    b',' => break,
                    b'}' => return Ok(at),
                    b']' => return Err(Stop::Unforeseen),
                    b'{' | b'[' => self.close(at)? + 1,
                    b'"' => self.quote(at + 1)?.at() + 1,
                    b'\\' => at + 2,
                    _ => at + 1,
                };
            }
            at += 1;
        }
    }

    /// Takes a member that begins at `at`, if it is wanted. Gives a place in it from which on
    /// nothing is wanted.
    #[inline(always)]
    fn member<const IS_TOP: bool>(&mut self, at: usize) -> Result<usize, Stop> {
        let (start, byte) = self.stretch.token(at)?;
        if byte != b'"' {
            return Ok(start);
        }
        let end = self.quote(start + 1)?;
        if end.has_slash() {
            return Err(Stop::Unforeseen);
        }
        let name = self.stretch.between(start, end)?;
        let end = end.at();
        let (colon, byte) = self.stretch.token(end + 1)?;
        let member = if IS_TOP {
            fields::top(name)
        } else {
            fields::identity(name).map(Member::Text)
        };
        let Some(member) = member.filter(|_| byte == b':') else {
            return Ok(end + 1);
        };
        let (value, byte) = self.stretch.token(colon + 1)?;
        let bit = 1
            << match member {
                Member::Text(field) => field as usize,
                Member::Identity => FIELDS,
                Member::References => FIELDS + 1,
            };
        if self.seen & bit != 0 {
            return Err(Stop::Unforeseen);
        }
        self.seen |= bit;
        let end = match (member, byte) {
            (Member::Text(field), b'"') => {
                let end = self.quote(value + 1)?;
                self.stretch.between(value, end)?;
                if let Some(span) = self.spans.get_mut(field as usize) {
                    *span = Span::of(value + 1, end);
                }
                end.at() + 1
            }
            (Member::Identity, b'{') if IS_TOP => self.members::<false>(value)? + 1,
            (Member::References, b'{') => self.references(value)?,
            _ => self.stretch.null(value)?,
        };
        match self.stretch.token(end)? {
            (end, b',' | b'}') => Ok(end),
            _ => Err(Stop::Unforeseen),
        }
    }

    /// The place of the quote that ends the string which begins before `at`.
    #[inline(always)]
    fn quote(&self, at: usize) -> Result<Quote, Stop> {
        self.stretch.maps.quote(at).ok_or(Stop::Overrun)
    }

    /// The place of the bracket that closes the one at `open`.
    #[inline(always)]
    fn close(&self, open: usize) -> Result<usize, Stop> {
        self.stretch.maps.close(open + 1).ok_or(Stop::Overrun)
    }

    /// Takes `referencedResources`, whose opening bracket is at `open`: type → list of names, or a
    /// lone name. Gives the place after it.
    #[inline(always)]
    fn references(&mut self, open: usize) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            let (name, byte) = self.stretch.token(at)?;
            match byte {
                b'"' => {}
                b'}' => return Ok(name + 1),
                _ => return Err(Stop::Unforeseen),
            }
            let (resource_type, end) = self.string(name)?;
            let (colon, byte) = self.stretch.token(end)?;
            if byte != b':' {
                return Err(Stop::Unforeseen);
            }
            let (value, byte) = self.stretch.token(colon + 1)?;
            let end = match byte {
                b'[' => self.names(value, resource_type)?,
                b'"' => {
                    let (name, end) = self.string(value)?;
                    add_resource(self.resources, resource_type, name);
                    end
                }
                _ => return Err(Stop::Unforeseen),
            };
            match self.stretch.token(end)? {
                (end, b',') => at = end + 1,
                (end, b'}') => return Ok(end + 1),
                _ => return Err(Stop::Unforeseen),
            }
        }
    }

    /// Takes the list of names whose opening bracket is at `open`; gives the place after it.
    #[inline(always)]
    fn names(&mut self, open: usize, resource_type: &'t str) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            let (start, byte) = self.stretch.token(at)?;
            match byte {
                b'"' => {}
                b']' => return Ok(start + 1),
                _ => return Err(Stop::Unforeseen),
            }
            let (name, end) = self.string(start)?;
            add_resource(self.resources, resource_type, name);
            match self.stretch.token(end)? {
                (end, b',') => at = end + 1,
                (end, b']') => return Ok(end + 1),
                _ => return Err(Stop::Unforeseen),
            }
        }
    }

    /// What stands between the quotes of the string at `at`, and the place after it.
    #[inline(always)]
    fn string(&self, at: usize) -> Result<(&'t str, usize), Stop> {
        let end = self.quote(at + 1)?;
        Ok((self.stretch.between(at, end)?, end.at() + 1))
    }
}
