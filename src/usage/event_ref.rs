//! A reference to an event: its time, its ID and the place of its record, in 32 bytes.

use super::event_id::{EventId, PackedId};
use super::interner::{Interner, Symbol};
use super::renumbering::Renumbering;
use crate::event::Source;

/// One event as an entry keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventRef {
    /// Event time in milliseconds since 1970 UTC, shifted up by 8 bits; below it the form of the
    /// event ID in 6 bits and the source in 2.
    time_form_source: i64,
    id: [u8; 16],
    pub(super) log_file: u32,
    pub(super) record: u32,
}

impl EventRef {
    pub(super) fn new(time: i64, id: PackedId, source: Source, log_file: u32, record: u32) -> Self {
        let (form, id) = id.to_parts();
        Self {
            time_form_source: time << 8 | i64::from(form << 2 | source as u8),
            id,
            log_file,
            record,
        }
    }

    /// Event time in milliseconds since 1970 UTC.
    pub(super) fn time(&self) -> i64 {
        self.time_form_source >> 8
    }

    pub(super) fn source(&self) -> Source {
        match self.time_form_source & 3 {
            0 => Source::Management,
            1 => Source::Data,
            _ => Source::Internal,
        }
    }

    pub(super) fn id(&self) -> PackedId {
        #[expect(clippy::cast_sign_loss, reason = "six bits")]
        let form = (self.time_form_source >> 2 & 63) as u8;
        PackedId::from_parts(form, self.id)
    }

    pub(super) fn event_id<'i>(&self, interner: &'i Interner) -> EventId<'i> {
        self.id().resolve(interner)
    }

    /// Replaces the symbol of an event ID that is one.
    pub(super) fn map_symbols(&mut self, map: &mut dyn FnMut(Symbol) -> Symbol) {
        (_, self.id) = self.id().map_symbol(map).to_parts();
    }

    /// The same event with the numbers of the fold that it is merged into.
    pub(super) fn renumbered(mut self, renumbering: Renumbering<'_>) -> Self {
        let id = self.id().map_symbol(|symbol| renumbering.symbol(symbol));
        (_, self.id) = id.to_parts();
        self.log_file = renumbering.log_file(self.log_file);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::Seed;
    use super::*;

    #[test]
    fn time_id_and_source_do_not_run_into_each_other() {
        let mut interner = Interner::new(Seed::random());
        for (time, id, source) in [
            (-5, "seventeen letters", Source::Internal),
            (253_402_300_799_999, "sixteen letters.", Source::Data),
            (-62_167_219_200_000, "", Source::Management),
        ] {
            let packed = PackedId::pack(id, &mut interner);
            let event = EventRef::new(time, packed, source, 3, 4);
            assert_eq!((event.time(), event.source()), (time, source));
            assert_eq!(event.event_id(&interner).as_text(), id);
        }
    }

    #[test]
    fn an_event_reference_is_small() {
        assert_eq!(size_of::<EventRef>(), 32);
    }
}
