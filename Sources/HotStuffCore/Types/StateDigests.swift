/// The digest of a replica's state after one block.
public struct StateDigest: Sendable, Hashable {
    /// The block's height.
    public let height: Height
    /// The state's digest, as the state machine computes it.
    public let digest: Digest

    /// The digest after the block at `height`.
    public init(height: Height, digest: Digest) {
        self.height = height
        self.digest = digest
    }
}

/// What a replica's state was after its newest payload blocks, said when two replicas were seen to differ.
///
/// Unsigned: an alarm, nothing more.
public struct StateDigests: Sendable, Hashable {
    /// At most `Limits.stateDigests`, the lowest height first.
    public let digests: [StateDigest]

    /// These digests.
    public init(_ digests: [StateDigest]) { self.digests = digests }
}
