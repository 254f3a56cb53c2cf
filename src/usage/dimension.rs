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
}

impl Dimension {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 5] = [
        Self::Key,
        Self::Service,
        Self::Event,
        Self::Ip,
        Self::Resource,
    ];

    /// Its name in answers.
    ///
    /// ```
    /// use keytrail::usage::Dimension;
    ///
    /// let names = Dimension::ALL.map(Dimension::as_str);
    /// assert_eq!(names, ["key", "service", "event", "ip", "resource"]);
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Service => "service",
            Self::Event => "event",
            Self::Ip => "ip",
            Self::Resource => "resource",
        }
    }
}
