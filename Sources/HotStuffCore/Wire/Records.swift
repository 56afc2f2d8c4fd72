// What the log stores, in the same encoding that is sent and hashed; versions and checksums are the storage's.

extension BlockHeader {
    /// The canonical encoding, as it is hashed, sent and stored.
    public func encoded() -> [UInt8] { wireBytes }

    /// The header with this encoding.
    ///
    /// - Throws: unless these bytes are just what `encoded` gives for some header.
    public static func decode(_ bytes: RawSpan) throws(WireError) -> BlockHeader { try decodeRecord(bytes) }
}

extension CommitProof {
    /// The canonical encoding, as it is sent and stored.
    public func encoded() -> [UInt8] { wireBytes }

    /// The proof with this encoding; whether it proves anything is the verifier's business.
    ///
    /// - Throws: unless these bytes are just what `encoded` gives for some proof.
    public static func decode(_ bytes: RawSpan) throws(WireError) -> CommitProof { try decodeRecord(bytes) }
}

extension VotingRecord: WireCoding {
    static let minimumSize = 21 + QuorumCertificate.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> VotingRecord {
        VotingRecord(
            epoch: try decoder.value(), lastVoted: try decoder.optional(), timedOutView: try decoder.optional(),
            highQC: try decoder.value(), view: try decoder.value(), entry: try decoder.optional(),
            hasLed: try decoder.flag(), forgetting: try decoder.optional())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(optional: lastVoted)
        encoder.write(optional: timedOutView)
        encoder.write(highQC)
        encoder.write(view)
        encoder.write(optional: entry)
        encoder.write(hasLed)
        encoder.write(optional: forgetting)
    }

    /// The canonical encoding, as it is stored.
    public func encoded() -> [UInt8] { wireBytes }

    /// The record with this encoding.
    ///
    /// - Throws: unless these bytes are just what `encoded` gives for some record.
    public static func decode(_ bytes: RawSpan) throws(WireError) -> VotingRecord { try decodeRecord(bytes) }
}

extension VotingRecord.Voted: WireCoding {
    static let minimumSize = 56
    static func read(from decoder: inout WireDecoder) throws(WireError) -> VotingRecord.Voted {
        VotingRecord.Voted(
            view: try decoder.value(), height: try decoder.value(), index: try decoder.integer(),
            block: try decoder.value())
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(view)
        encoder.write(height)
        encoder.write(index)
        encoder.write(block)
    }
}

extension EpochStart: WireCoding {
    static let minimumSize = 50 + ValidatorSet.minimumSize
    static func read(from decoder: inout WireDecoder) throws(WireError) -> EpochStart {
        let epoch: Epoch = try decoder.value()
        let genesis: LogPosition = try decoder.value()
        let validators: ValidatorSet = try decoder.value()
        let firstLeader = Int(try decoder.integer(UInt16.self))
        guard firstLeader < validators.count else {
            throw .invalid(what: "a first leader that is no validator", at: decoder.offset - 2)
        }
        return EpochStart(epoch: epoch, genesis: genesis, validators: validators, firstLeader: firstLeader)
    }
    func write(to encoder: inout WireEncoder) {
        encoder.write(epoch)
        encoder.write(genesis)
        encoder.write(validators)
        encoder.write(UInt16(truncatingIfNeeded: firstLeader))
    }

    /// The canonical encoding, as it is stored.
    public func encoded() -> [UInt8] { wireBytes }

    /// The start of an epoch with this encoding.
    ///
    /// - Throws: unless these bytes are just what `encoded` gives for some epoch.
    public static func decode(_ bytes: RawSpan) throws(WireError) -> EpochStart { try decodeRecord(bytes) }
}

extension WireCoding {
    /// The value that takes up all of `bytes`.
    static func decodeRecord(_ bytes: RawSpan) throws(WireError) -> Self {
        try WireDecoder.decode(bytes) { (decoder) throws(WireError) -> Self in try read(from: &decoder) }
    }
}
