//! The complete reader: understands one whole record with simd-json.
//!
//! It says nothing about a record that simd-json refuses, or whose wanted fields hold numbers
//! (simd-json keeps their values, the contract wants their text): those are the tolerant reader's.

use std::borrow::Cow;

use simd_json::{Buffers, Node, StaticNode, Tape};

use super::fields::{self, Fields, Member};

/// The buffers of the complete reader, reused from record to record.
pub(super) struct Complete {
    buffers: Buffers,
    /// The record's bytes; simd-json decodes strings in place.
    bytes: Vec<u8>,
    tape: Tape<'static>,
}

impl Default for Complete {
    fn default() -> Self {
        Self {
            buffers: Buffers::default(),
            bytes: Vec::new(),
            tape: Tape(Vec::new()),
        }
    }
}

/// The record is one for the tolerant reader.
pub(super) struct Refused;

impl Complete {
    /// Gathers the wanted fields of a record and hands them to `visit`.
    pub(super) fn read<T>(
        &mut self,
        record: &[u8],
        visit: impl FnOnce(&Fields<'_>) -> T,
    ) -> Result<T, Refused> {
        self.bytes.clear();
        self.bytes.extend_from_slice(record);
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let mut fields = Fields::default();
        let gathered = simd_json::fill_tape(&mut self.bytes, &mut self.buffers, &mut tape)
            .map_err(|_| Refused)
            .and_then(|()| gather(&tape.0, &mut fields));
        let answer = gathered.map(|()| visit(&fields));
        drop(fields);
        self.tape = tape.reset();
        answer
    }
}

fn gather<'t>(nodes: &[Node<'t>], fields: &mut Fields<'t>) -> Result<(), Refused> {
    for_each_member(nodes, |name, value| {
        match fields::top(name) {
            Some(Member::Text(field)) => fields.set(field, text(value)?),
            Some(Member::Identity) => {
                fields.clear_identity();
                for_each_member(value, |name, value| {
                    if let Some(field) = fields::identity(name) {
                        fields.set(field, text(value)?);
                    }
                    Ok(())
                })?;
            }
            Some(Member::References) => {
                fields.clear_references();
                for_each_member(value, |resource_type, value| {
                    for_each_name(value, |name| {
                        fields.reference(Cow::Borrowed(resource_type), Cow::Borrowed(name));
                    });
                    Ok(())
                })?;
            }
            None => {}
        }
        Ok(())
    })
}

/// Hands on each member of the object that the nodes begin with: its name, and the nodes of its
/// value. Nothing happens when they begin with something else.
fn for_each_member<'t>(
    nodes: &[Node<'t>],
    mut visit: impl FnMut(&'t str, &[Node<'t>]) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let Some((Node::Object { len, .. }, mut rest)) = nodes.split_first() else {
        return Ok(());
    };
    for _ in 0..*len {
        let Some((&Node::String(name), value)) = rest.split_first() else {
            return Err(Refused);
        };
        let (value, after) = value.split_at_checked(size(value)).ok_or(Refused)?;
        visit(name, value)?;
        rest = after;
    }
    Ok(())
}

/// Hands on each string of a list, or a lone string.
fn for_each_name<'t>(nodes: &[Node<'t>], mut visit: impl FnMut(&'t str)) {
    match nodes.split_first() {
        Some((Node::Array { len, .. }, mut rest)) => {
            for _ in 0..*len {
                if let Some(&Node::String(name)) = rest.first() {
                    visit(name);
                }
                rest = rest.get(size(rest)..).unwrap_or_default();
            }
        }
        Some((&Node::String(name), _)) => visit(name),
        _ => {}
    }
}

/// How many nodes the value takes that the nodes begin with.
fn size(nodes: &[Node<'_>]) -> usize {
    match nodes.first() {
        Some(Node::Object { count, .. } | Node::Array { count, .. }) => count + 1,
        _ => 1,
    }
}

/// The text of a string field; `None` where it is missing.
fn text<'t>(value: &[Node<'t>]) -> Result<Option<Cow<'t, str>>, Refused> {
    match value.first() {
        Some(&Node::String(text)) => Ok(Some(Cow::Borrowed(text))),
        Some(Node::Static(StaticNode::Null) | Node::Object { .. } | Node::Array { .. }) => Ok(None),
        Some(Node::Static(StaticNode::Bool(true))) => Ok(Some(Cow::Borrowed("true"))),
        Some(Node::Static(StaticNode::Bool(false))) => Ok(Some(Cow::Borrowed("false"))),
        Some(Node::Static(_)) | None => Err(Refused),
    }
}
