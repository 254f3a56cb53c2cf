//! The dimensions: what an entry of usage can be about.

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The key itself.
    Key,
    /// A service that the key used.
    Service,
    /// An event name, under a service.
    Event,
    /// A source IP, under a service.
    Ip,
    /// A resource, under a service.
    Resource,
    /// A region, under a service.
    Region,
    /// A user agent, under a service.
    Agent,
    /// An error code, under a service.
    Error,
}

impl Dimension {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 8] = [
        Self::Key,
        Self::Service,
        Self::Event,
        Self::Ip,
        Self::Resource,
        Self::Region,
        Self::Agent,
        Self::Error,
    ];

    /// Its name in answers.
    ///
    /// ```
    /// use keytrail::usage::Dimension;
    ///
    /// let names = Dimension::ALL.map(Dimension::as_str);
    /// assert_eq!(names[..5], ["key", "service", "event", "ip", "resource"]);
    /// assert_eq!(names[5..], ["region", "agent", "error"]);
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Service => "service",
            Self::Event => "event",
            Self::Ip => "ip",
            Self::Resource => "resource",
            Self::Region => "region",
            Self::Agent => "agent",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dimension;

    /// Counts of names keep a dimension by its place in the list.
    #[test]
    fn the_number_of_a_dimension_is_its_place_in_the_list() {
        for (place, dimension) in Dimension::ALL.into_iter().enumerate() {
            assert_eq!(dimension as usize, place);
        }
    }
}
