//! The complete reader: parses one whole record with simd-json.
//!
//! It leaves to the tolerant reader a record that simd-json rejects, and one whose wanted members
//! hold numbers, because simd-json keeps their values and the event needs their text, or have a string
//! or a list in place of an object.

use std::borrow::Cow;

use simd_json::{Buffers, Node, StaticNode, Tape};

use super::fields::{self, EventFields, EventMember};

/// Its buffers are reused from record to record.
pub(super) struct CompleteReader {
    buffers: Buffers,
    /// The record's bytes; simd-json decodes strings in place.
    bytes: Vec<u8>,
    tape: Tape<'static>,
}

impl Default for CompleteReader {
    fn default() -> Self {
        Self {
            buffers: Buffers::default(),
            bytes: Vec::new(),
            tape: Tape(Vec::new()),
        }
    }
}

/// The tolerant reader has to read the record.
pub(super) struct NeedsTolerantReader;

impl CompleteReader {
    /// Calls `visit` with the wanted members of a record.
    pub(super) fn read<T>(
        &mut self,
        record: &[u8],
        visit: impl FnOnce(&EventFields<'_>) -> T,
    ) -> Result<T, NeedsTolerantReader> {
        self.bytes.clear();
        self.bytes.extend_from_slice(record);
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let mut fields = EventFields::default();
        let result = simd_json::fill_tape(&mut self.bytes, &mut self.buffers, &mut tape)
            .map_err(|_| NeedsTolerantReader)
            .and_then(|()| read_members(&tape.0, &mut fields));
        let output = result.map(|()| visit(&fields));
        drop(fields);
        self.tape = tape.reset();
        output
    }
}

fn read_members<'t>(
    nodes: &[Node<'t>],
    fields: &mut EventFields<'t>,
) -> Result<(), NeedsTolerantReader> {
    for_each_member(nodes, |name, value| {
        match fields::event_member(name) {
            Some(EventMember::Field(field)) => fields.set(field, text(value)?),
            Some(EventMember::Identity | EventMember::References)
                if matches!(value.first(), Some(Node::String(_) | Node::Array { .. })) =>
            {
                return Err(NeedsTolerantReader);
            }
            Some(EventMember::Identity) => {
                fields.clear_identity();
                for_each_member(value, |name, value| {
                    if let Some(field) = fields::identity_member(name) {
                        fields.set(field, text(value)?);
                    }
                    Ok(())
                })?;
            }
            Some(EventMember::References) => {
                fields.clear_references();
                for_each_member(value, |resource_type, value| {
                    for_each_name(value, |name| {
                        fields.add_reference(Cow::Borrowed(resource_type), Cow::Borrowed(name));
                    });
                    Ok(())
                })?;
            }
            None => {}
        }
        Ok(())
    })
}

/// Calls `visit` for each member, if the nodes begin with an object: its name, and the nodes of its
/// value.
fn for_each_member<'t>(
    nodes: &[Node<'t>],
    mut visit: impl FnMut(&'t str, &[Node<'t>]) -> Result<(), NeedsTolerantReader>,
) -> Result<(), NeedsTolerantReader> {
    let Some((Node::Object { len, .. }, mut rest)) = nodes.split_first() else {
        return Ok(());
    };
    for _ in 0..*len {
        let Some((&Node::String(name), value)) = rest.split_first() else {
            return Err(NeedsTolerantReader);
        };
        let (value, after) = value
            .split_at_checked(node_count(value))
            .ok_or(NeedsTolerantReader)?;
        visit(name, value)?;
        rest = after;
    }
    Ok(())
}

/// Calls `visit` for each string of a list, or for a lone string.
fn for_each_name<'t>(nodes: &[Node<'t>], mut visit: impl FnMut(&'t str)) {
    match nodes.split_first() {
        Some((Node::Array { len, .. }, mut rest)) => {
            for _ in 0..*len {
                if let Some(&Node::String(name)) = rest.first() {
                    visit(name);
                }
                rest = rest.get(node_count(rest)..).unwrap_or_default();
            }
        }
        Some((&Node::String(name), _)) => visit(name),
        _ => {}
    }
}

/// The number of nodes of the value that the nodes begin with.
fn node_count(nodes: &[Node<'_>]) -> usize {
    match nodes.first() {
        Some(Node::Object { count, .. } | Node::Array { count, .. }) => count + 1,
        _ => 1,
    }
}

/// The text of a string or a boolean; `None` where it is missing.
fn text<'t>(value: &[Node<'t>]) -> Result<Option<Cow<'t, str>>, NeedsTolerantReader> {
    match value.first() {
        Some(&Node::String(text)) => Ok(Some(Cow::Borrowed(text))),
        Some(Node::Static(StaticNode::Null) | Node::Object { .. } | Node::Array { .. }) => Ok(None),
        Some(Node::Static(StaticNode::Bool(true))) => Ok(Some(Cow::Borrowed("true"))),
        Some(Node::Static(StaticNode::Bool(false))) => Ok(Some(Cow::Borrowed("false"))),
        Some(Node::Static(_)) | None => Err(NeedsTolerantReader),
    }
}
