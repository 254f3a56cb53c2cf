//! What can be wrong with a DEFLATE stream.

/// What is wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// A block is of the type that the format reserves.
    #[error("invalid block type")]
    BlockType,
    /// The length of a stored block and its complement do not match.
    #[error("invalid stored block lengths")]
    StoredLength,
    /// A block announces more codes than there are symbols.
    #[error("too many length or distance symbols")]
    TooManyCodes,
    /// The code of the code lengths is over-subscribed or incomplete.
    #[error("invalid code lengths set")]
    CodeLengthsCode,
    /// A code length is to be repeated where there is none, or more often than there are symbols.
    #[error("invalid bit length repeat")]
    CodeLengthRepeat,
    /// A block has no code for its own end.
    #[error("missing end-of-block code")]
    NoEndOfBlock,
    /// The code of literals and lengths is over-subscribed or incomplete.
    #[error("invalid literal/lengths set")]
    LitlenCode,
    /// The code of distances is over-subscribed or incomplete.
    #[error("invalid distances set")]
    DistanceCode,
    /// The data use a literal or length code that does not exist.
    #[error("invalid literal/length code")]
    LitlenSymbol,
    /// The data use a distance code that does not exist.
    #[error("invalid distance code")]
    DistanceSymbol,
    /// A match begins before the first byte of the stream.
    #[error("invalid distance too far back")]
    DistanceTooFar,
}
