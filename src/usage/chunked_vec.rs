//! A list that grows without moving what it holds.

/// The number of an item in a [`ChunkedVec`], from 0.
pub(super) type Id = u32;

/// Items in chunks of equal length.
pub(super) struct ChunkedVec<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

/// Items a chunk; a power of two.
const CHUNK: usize = 1 << 10;

impl<T> ChunkedVec<T> {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }

    /// Adds an item, and returns its number.
    ///
    /// # Panics
    ///
    /// With 2³² items, which no memory holds.
    pub(super) fn push(&mut self, item: T) -> Id {
        let id = Id::try_from(self.len).expect("fewer than 2³² items fit into memory");
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(item),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(item);
                self.chunks.push(chunk);
            }
        }
        self.len += 1;
        id
    }

    #[inline]
    pub(super) fn get(&self, id: Id) -> Option<&T> {
        let id = id as usize;
        self.chunks.get(id / CHUNK)?.get(id % CHUNK)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        let id = id as usize;
        self.chunks.get_mut(id / CHUNK)?.get_mut(id % CHUNK)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All items, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// All items, to be changed, in the order of their numbers.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flatten()
    }

    /// Takes the items out in the order of their numbers, and frees each chunk behind its last item.
    pub(super) fn into_iter(self) -> impl Iterator<Item = T> {
        self.chunks.into_iter().flatten()
    }
}
