//! What is looked into for events: one list of the members of replies, and one of those of rows.

/// How deep wrappers are looked into.
pub(super) const MAX_DEPTH: usize = 5;

/// The members of replies that list records, or hold what lists them. All that lead to events count.
/// `Events` is that of `LookupEvents`, and lists records whatever they are.
pub(super) const REPLIES: [&str; 7] = ["Events", "body", "data", "rows", "Records", "logs", "hits"];

/// The members of rows that hold the event, or what holds it. The first one that leads to an event
/// counts.
pub(super) const ROWS: [&str; 8] = [
    "event", "contents", "result", "_source", "_raw", "message", "original", "data",
];
