internal import HotStuffCore

/// Messages that make sense, nearly make sense, or make none.
extension EngineTarget {
    /// The next message; nil if what was chosen cannot be made.
    func message() -> Message? {
        let status = engine.status
        let view = status.view.rawValue
        switch choices.below(22) {
        case 0..<5: return proposal()
        case 5, 6: return vote()
        case 7: return certificate().map { .certificate($0) }
        case 8: return .suspicion(suspicion(of: aView(near: view)))
        case 9, 10: return timeout(of: aView(near: view))
        case 11: return .entry(entry(to: aView(near: view), carefully: choices.once(in: 2)))
        case 12: return hello(near: view)
        case 13: return .entryRequest(epoch: epoch(), view: View(aView(near: view)))
        case 14: return .blockRequest(BlockRequest(hashes: hashes(), ancestorsAbove: height()))
        case 15, 16: return blocks()
        case 17:
            return choices.once(in: 3) ? .commitRequest(CommitRequest(from: height(), limit: choices.word())) : run()
        case 18: return evidence()
        default: return changedGolden()
        }
    }

    // MARK: - Numbers

    /// Mostly the only epoch.
    private func epoch() -> Epoch { Epoch(choices.once(in: 16) ? choices.number(near: 0) : 0) }

    /// Mostly a view near the present one.
    private func aView(near view: UInt64) -> UInt64 {
        choices.once(in: 12) ? choices.number(near: view) : view &+ UInt64(choices.below(3)) &- UInt64(choices.below(2))
    }

    private func height() -> Height {
        let tip = engine.status.committed.height.rawValue
        return Height(choices.once(in: 6) ? choices.number(near: tip) : tip &+ UInt64(choices.below(8)))
    }

    private func payload() -> Payload {
        let count = [0, 1, 2, 3, 16, 17][choices.below(6)]
        return count == 0 ? .empty : Payload(bytes: Array(repeating: choices.byte(), count: count))
    }

    private func aBlock() -> Block? {
        guard choices.once(in: 3) else { return pool.last }
        return choices.pick(Array(pool.suffix(40)))
    }

    private func hashes() -> [Digest] {
        (0...choices.below(4)).map { _ in aBlock()?.hash ?? genesis.genesisPosition.block }
    }

    /// Members' indices: mostly a quorum without the engine itself, whose own signature it would know.
    private func signers() -> [UInt16] {
        guard !choices.once(in: 24) else {
            return (0..<choices.below(5)).map { _ in
                choices.once(in: 4) ? UInt16(choices.short()) : UInt16(choices.below(5))
            }
        }
        let others = (0..<4).filter { $0 != me }.map { UInt16($0) }
        return choices.once(in: 16) ? [0, 1, 2, 3] : Array(others.prefix(me < 4 ? 3 : 4))
    }

    // MARK: - Certificates

    private var genesisCertificate: QuorumCertificate { .genesis(of: Epoch(0), at: genesis.genesisPosition) }

    func certificate(on block: Block) -> QuorumCertificate {
        let header = block.header
        return QuorumCertificate(
            epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: block.hash,
            signatures: signers().map { IndexedSignature(signer: $0, signature: Self.blank) })
    }

    private func certificate() -> QuorumCertificate? {
        guard let block = aBlock() else { return nil }
        let plain = certificate(on: block)
        guard choices.once(in: 8) else { return plain }
        return QuorumCertificate(
            epoch: epoch(), view: View(aView(near: plain.view.rawValue)),
            height: Height(choices.number(near: plain.height.rawValue)), index: choices.number(near: plain.index),
            block: choices.once(in: 2) ? plain.block : Digest(of: [choices.byte()]), signatures: plain.signatures)
    }

    /// What opens a view; carefully: so that the verifier can let it through.
    private func entry(to view: UInt64, carefully: Bool, highest: QuorumCertificate? = nil) -> ViewEntry {
        let certificate = highest ?? certificate() ?? genesisCertificate
        if genesis.viewLimit != nil, choices.once(in: 2) { return .rotation(certificate) }
        let rank =
            carefully || !choices.once(in: 8) ? certificate.rank : Rank(view: View(choices.word()), height: height())
        return .timeout(
            TimeoutCertificate(
                epoch: certificate.epoch, view: View(view &- 1),
                reports: signers().map { TimeoutReport(signer: $0, rank: rank, signature: Self.blank) },
                highest: certificate))
    }

    // MARK: - Blocks

    private func proposal() -> Message? {
        var run: [Block] = []
        var parent = choices.once(in: 12) ? nil : aBlock()
        for _ in 0...choices.below(3) {
            guard let block = block(on: parent, plainly: !choices.once(in: 6)) else { break }
            run.append(block)
            parent = block
        }
        pool += run
        return .proposal(Proposal(blocks: run, signature: Self.blank))
    }

    /// A child of a block, or of genesis; plainly: as a leader of the engine's view would make it.
    func block(on parent: Block?, plainly: Bool) -> Block? {
        let below = parent?.header ?? genesis.genesisHeader
        let view = plainly ? engine.status.view : View(aView(near: engine.status.view.rawValue))
        let isSameView = parent != nil && below.view == view
        let payload = payload()
        let justified = choices.once(in: 3) ? pool.last { $0.height <= below.height && $0.height.rawValue > 0 } : parent
        let justify = justified.map(certificate(on:)) ?? genesisCertificate
        guard let height = below.height.successor else { return nil }
        var header = BlockHeader(
            chainID: genesis.chainID, epoch: Epoch(0), view: view, height: height,
            index: isSameView ? below.index &+ 1 : 0, parent: parent?.hash ?? genesis.genesisPosition.block,
            justify: justify,
            entry: isSameView || view == View(0)
                ? nil
                : entry(to: view.rawValue, carefully: true, highest: justify.isGenesis ? genesisCertificate : justify),
            closes: nil, payloadDigest: payload.digest, payloadLength: UInt64(payload.count), nextValidators: nil)
        if !plainly { change(&header) }
        let block = Block(header: header, payload: payload)
        if plainly, let block { pool.append(block) }
        return block
    }

    private func change(_ header: inout BlockHeader) {
        switch choices.below(8) {
        case 0: header.height = Height(choices.number(near: header.height.rawValue))
        case 1: header.index = choices.number(near: header.index)
        case 2: header.parent = aBlock()?.hash ?? header.payloadDigest
        case 3: header.justify = certificate() ?? header.justify
        case 4: header.entry = choices.once(in: 2) ? nil : entry(to: header.view.rawValue, carefully: false)
        case 5: header.closes = LogPosition(height: height(), block: header.parent)
        case 6:
            header.nextValidators = ValidatorChange(validators: genesis.validators, wishedAt: height())
        default: header.epoch = epoch()
        }
    }

    private func blocks() -> Message? {
        // Mostly what was asked for, highest first, as far as it is there.
        var found: [Block] = []
        if case .blockRequest(let request)? = asked.last(where: { if case .blockRequest = $0 { true } else { false } })
        {
            var next = request.hashes.first
            while let hash = next, found.count < 40, let block = pool.last(where: { $0.hash == hash }) {
                found.append(block)
                next = block.header.parent
            }
        }
        if choices.once(in: 4) { found += [aBlock(), aBlock()].compactMap { $0 } }
        return .blocks(BlocksAnswer(blocks: found, unknown: choices.once(in: 4) ? hashes() : []))
    }

    /// A run of committed blocks and its proof, on a chain of the pool.
    private func run() -> Message? {
        switch choices.below(8) {
        case 0: return .commits(.prunedBelow(height()))
        case 1: return .commits(.nothing(committed: height()))
        default: break
        }
        guard let tip = aBlock() else { return nil }
        var chain = [tip]
        while chain.count < 12, let last = chain.last, let below = pool.last(where: { $0.hash == last.header.parent }) {
            chain.append(below)
        }
        // `L − 1` blocks above the proven one carry the proof.
        let above = genesis.commitChainLength - 1
        guard chain.count > above else { return nil }
        let proof = CommitProof(headers: chain[..<above].reversed().map(\.header), certificate: certificate(on: tip))
        guard let place = chain.firstIndex(where: { $0.position == proof.proven }) else { return nil }
        return .commits(.run(proof: proof, blocks: Array(chain[place...])))
    }

    private func evidence() -> Message? {
        guard let one = aBlock(), let other = block(on: pool.last { $0.hash == one.header.parent }, plainly: false)
        else {
            return nil
        }
        return .evidence(
            Evidence(
                first: SignedHeaders(headers: [one.header], signature: Self.blank),
                second: SignedHeaders(headers: [other.header], signature: Self.blank)))
    }

    // MARK: - The rest

    private func vote() -> Message? {
        guard let block = aBlock() else { return nil }
        let isOdd = choices.once(in: 8)
        return .vote(
            Vote(
                epoch: epoch(), view: isOdd ? View(choices.number(near: block.view.rawValue)) : block.view,
                height: isOdd ? height() : block.height,
                index: isOdd ? choices.number(near: block.header.index) : block.header.index, block: block.hash,
                signer: UInt16(choices.once(in: 16) ? choices.short() : choices.below(4)), signature: Self.blank,
                report: VoteReport(
                    executed: height(), room: UInt32(choices.below(3)) &* .max,
                    stateDigest: choices.once(in: 2) ? block.hash : nil)))
    }

    private func suspicion(of view: UInt64) -> Suspicion {
        let rank = certificate()?.rank ?? genesisCertificate.rank
        return Suspicion(
            epoch: epoch(), view: View(view),
            rank: choices.once(in: 8) ? Rank(view: View(choices.word()), height: height()) : rank,
            signer: UInt16(choices.below(4)), signature: Self.blank)
    }

    private func timeout(of view: UInt64) -> Message {
        .timeout(
            Timeout(
                epoch: Epoch(0), view: View(view), highQC: certificate() ?? genesisCertificate,
                signer: UInt16(choices.below(4)), signature: Self.blank))
    }

    private func hello(near view: UInt64) -> Message {
        let view = aView(near: view)
        return .hello(
            Hello(
                chainID: genesis.chainID, versions: 1...1, epoch: epoch(), view: View(view),
                entry: choices.once(in: 2) ? nil : entry(to: view, carefully: true),
                highQC: certificate() ?? genesisCertificate, committed: height(), firstHeight: height(),
                subscribes: choices.once(in: 2)))
    }

    /// A sample of the vectors, or a message that the engine has sent, with some of its fields replaced.
    private func changedGolden() -> Message? {
        let messages = golden.samples.filter { $0.kind != nil }
        guard var sample = choices.pick(messages), let kind = sample.kind else { return nil }
        for place in sample.fields.indices {
            let name = sample.fields[place].name
            switch sample.fields[place].bytes.count {
            case 8 where name.hasSuffix("epoch"): sample.fields[place].bytes = littleEndian(epoch().rawValue)
            case 8 where !choices.once(in: 3):
                sample.fields[place].bytes = littleEndian(
                    name.hasSuffix("view") ? aView(near: engine.status.view.rawValue) : height().rawValue)
            case 32 where name.hasSuffix("nonce"): sample.fields[place].bytes = Self.nonce.bytes
            case 32 where name.hasSuffix("signer"): sample.fields[place].bytes = keys[choices.below(5)].bytes
            case 32 where name.hasSuffix("chainID"): sample.fields[place].bytes = genesis.chainID.bytes
            case 32 where !name.hasSuffix("payloadDigest"):
                sample.fields[place].bytes = (aBlock()?.hash ?? genesis.genesisPosition.block).bytes
            default: break
            }
        }
        return try? Message.decode(kind: kind, header: sample.bytes, body: Payload(bytes: sample.body))
    }

    private func littleEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
