extension Genesis {
    /// The chain's ID: SHA-256 of the domain tag and every field in its canonical encoding.
    ///
    /// Computed anew each time, which takes 8 ms for the most application data.
    public var chainID: Digest {
        var encoder = WireEncoder(capacity: 1_024)
        encoder.write(Domain.chain)
        encoder.write(text: chainName)
        encoder.write(validators)
        encoder.write(number: commitChainLength)
        encoder.write(viewLimit != nil)
        if let viewLimit { encoder.write(number: viewLimit) }
        encoder.write(number: maxWindow)
        encoder.write(number: maxWindowSize.bytes)
        encoder.write(number: payloadLimit.bytes)
        encoder.write(text: rotation.name)
        // By digest, so that a configuration may name a file instead of carrying the bytes.
        encoder.write(number: applicationData.count)
        encoder.write(Digest(of: applicationData))
        return Digest(of: encoder.bytes)
    }

    /// The header of the block at height 0, which nobody proposed: its parent and what it certifies are *nothing*, the
    /// zero digest, so that its hash is computed like any block's, and differs from chain to chain by the chain's ID.
    public var genesisHeader: BlockHeader { Self.genesisHeader(of: chainID) }

    /// The genesis header of the chain with this ID.
    static func genesisHeader(of chainID: Digest) -> BlockHeader {
        BlockHeader(
            chainID: chainID, epoch: Epoch(0), view: View(0), height: .genesis, index: 0, parent: .zero,
            justify: .genesis(of: Epoch(0), at: LogPosition(height: .genesis, block: .zero)), entry: nil, closes: nil,
            payloadDigest: Payload.empty.digest, payloadLength: 0, nextValidators: nil)
    }

    /// Where the chain begins: height 0, and the hash of the genesis header.
    public var genesisPosition: LogPosition { LogPosition(height: .genesis, block: genesisHeader.hash) }

    /// Epoch 0, whose validators the configuration names; rotation starts from the first of them.
    public var firstEpoch: EpochStart { firstEpoch(chainID: chainID) }

    /// Epoch 0 of the chain with this ID, which must be this configuration's.
    func firstEpoch(chainID: Digest) -> EpochStart {
        let genesis = LogPosition(height: .genesis, block: Self.genesisHeader(of: chainID).hash)
        return EpochStart(epoch: Epoch(0), genesis: genesis, validators: validators, firstLeader: 0)
    }
}
