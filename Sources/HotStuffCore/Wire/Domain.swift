/// What bytes are for; everything hashed or signed begins with its domain's tag, so that bytes meant for one purpose
/// never serve another.
enum Domain: String, CaseIterable {
    case chain = "hotstuff/chain/1"
    case block = "hotstuff/block/1"
    case statement = "hotstuff/sign/1"

    /// Sixteen bytes: the name in ASCII, which ends with the version, and zeros.
    var tag: [UInt8] { Array(rawValue.utf8) + Array(repeating: 0, count: max(0, 16 - rawValue.utf8.count)) }
}

extension BlockHeader {
    /// The block's hash: SHA-256 of the domain tag and the whole header in its canonical encoding.
    ///
    /// Computed anew each time; a `Block` remembers it.
    public var hash: Digest {
        var encoder = WireEncoder(capacity: 1_024)
        encoder.write(Domain.block)
        encoder.write(self)
        return Digest(of: encoder.bytes)
    }
}
