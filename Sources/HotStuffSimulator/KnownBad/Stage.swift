internal import HotStuffCore

/// A world whose first validator is a puppet: a script makes blocks, certificates and entries in its name, out of its
/// own signatures and of what the other three really sign.
///
/// The others are whole honest replicas; the script chooses what reaches them, by `cut` and by whom it sends what.
final class Stage {
    let world: World
    private let puppet = Puppet()
    private let hands: ByzantineHands

    /// Replicas that hear only the puppet, and are heard only by it.
    var cut: [Int] = []
    /// What passes between two replicas of which one is cut off all the same.
    var exempts: (Message) -> Bool = { _ in false }

    /// The honest replicas that a script speaks of.
    static let honest = [1, 2, 3]

    init(_ world: World) {
        self.world = world
        hands = ByzantineHands(world, world.nodes[0])
        world.nodes[0].behaviour = puppet
        world.tally.count(.byzantine)
        world.passes = { [unowned self] message, from, to in
            from.index == 0 || to.index == 0 || exempts(message)
                || !(cut.contains(from.index) || cut.contains(to.index))
        }
        world.start()
        world.run(for: .milliseconds(20))
    }

    /// `L`.
    var chainLength: Int { world.settings.chainLength }
    /// The genesis certificate.
    var genesis: QuorumCertificate {
        QuorumCertificate.genesis(of: world.epoch.epoch, at: world.genesis.genesisPosition)
    }

    /// A script cannot go on, as the replicas do not sign what it needs: the rule that it is about holds.
    struct Withheld: Error {}

    /// How long it waits for signatures: far longer than messages and disks take, and shorter than a view's timer.
    static let patience = Duration.milliseconds(200)

    // MARK: - Blocks

    /// A block on another, nil for genesis; two with different tags are two blocks.
    func block(
        on parent: Block?, view: UInt64, justify: QuorumCertificate, entry: ViewEntry? = nil, tag: UInt8 = 0
    ) -> Block {
        let height = Height((parent?.height.rawValue ?? 0) + 1)
        let filling = UInt8(truncatingIfNeeded: height.rawValue)
        let payload = Payload(bytes: [0x5A, tag] + Array(repeating: filling, count: 7))
        let follows = parent.map { $0.view == View(view) } ?? false
        let header = BlockHeader(
            chainID: world.chainID, epoch: world.epoch.epoch, view: View(view), height: height,
            index: follows ? (parent?.header.index ?? 0) + 1 : 0,
            parent: parent?.hash ?? world.genesis.genesisPosition.block, justify: justify, entry: entry, closes: nil,
            payloadDigest: payload.digest, payloadLength: UInt64(payload.count), nextValidators: nil)
        return Block(header: header, stored: payload, hash: header.hash)
    }

    /// Signs a run of blocks and sends it to some.
    func propose(_ blocks: [Block], to replicas: [Int]) {
        guard let proposal = hands.proposal(blocks) else { return }
        hands.send(proposal, to: keys(replicas))
    }

    /// Proposes blocks one after the other, each with the certificate of the one before it, which two replicas vote for.
    ///
    /// - Parameter others: who else gets them.
    func chain(
        of count: Int, on parent: Block?, view: UInt64, justify: QuorumCertificate, entry: ViewEntry? = nil,
        tag: UInt8 = 0, by voters: [Int], alsoTo others: [Int] = []
    ) throws -> (blocks: [Block], certificates: [QuorumCertificate]) {
        var (blocks, certificates): ([Block], [QuorumCertificate]) = ([], [])
        for place in 0..<count {
            let next = block(
                on: blocks.last ?? parent, view: view, justify: certificates.last ?? justify,
                entry: place == 0 ? entry : nil, tag: tag)
            propose([next], to: voters + others)
            certificates.append(try certificate(for: next, by: voters))
            blocks.append(next)
        }
        return (blocks, certificates)
    }

    // MARK: - Certificates

    /// Waits for votes, and makes a certificate of them and of its own.
    func certificate(for block: Block, by voters: [Int]) throws -> QuorumCertificate {
        let isSigned = world.run(upTo: Self.patience) {
            voters.allSatisfy { puppet.vote(of: UInt16($0), for: block.hash) != nil }
        }
        guard isSigned, world.checks.violation == nil else { throw Withheld() }
        let votes = voters.compactMap { puppet.vote(of: UInt16($0), for: block.hash) } + [hands.vote(for: block)]
        return certificate(for: block, of: votes.compactMap { $0 })
    }

    /// A certificate of the puppet's signature alone, so many times.
    func certificate(for block: Block, repeating count: Int) -> QuorumCertificate {
        certificate(for: block, of: Array(repeating: hands.vote(for: block), count: count).compactMap { $0 })
    }

    private func certificate(for block: Block, of votes: [Vote]) -> QuorumCertificate {
        QuorumCertificate(
            epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
            block: block.hash,
            signatures: votes.map { IndexedSignature(signer: $0.signer, signature: $0.signature) }
                .sorted { $0.signer < $1.signer })
    }

    /// Shows a certificate to one replica, and waits until it has done what it does with it.
    func show(_ certificate: QuorumCertificate, to replica: Int) {
        hands.send(.certificate(certificate), to: keys([replica]))
        world.run(for: Self.patience)
    }

    // MARK: - Views

    /// Makes replicas give up a view, and their timeouts, with its own, the certificate that ends it.
    ///
    /// They do not get its own timeout, so they stay in the view until it shows them an entry to the next.
    ///
    /// - Parameter reporters: whose timeouts the certificate is made of; all of those who give up unless said otherwise.
    func giveUp(
        _ number: UInt64, by replicas: [Int], reporters: [Int]? = nil, within limit: Duration = patience
    ) throws -> ViewEntry {
        let view = View(number)
        // Where it leads the view, its doubt is theirs; the rank is so high that it counts whatever they have seen.
        let rank = Rank(view: view, height: Height(1 << 40))
        let doubt = Statement.suspicion(epoch: world.epoch.epoch, view: view, rank: rank)
        guard let signature = hands.sign(doubt) else { throw Withheld() }
        let suspicion = Suspicion(epoch: world.epoch.epoch, view: view, rank: rank, signer: 0, signature: signature)
        hands.send(.suspicion(suspicion), to: keys(replicas))
        let reporters = reporters ?? replicas
        let isLeft = world.run(upTo: limit) {
            reporters.allSatisfy { puppet.timeout(of: UInt16($0), view: view) != nil }
        }
        guard isLeft, world.checks.violation == nil else { throw Withheld() }
        var timeouts = reporters.compactMap { puppet.timeout(of: UInt16($0), view: view) }
        let own = Statement.timeout(epoch: world.epoch.epoch, view: view, rank: genesis.rank)
        guard let signature = hands.sign(own) else { throw Withheld() }
        timeouts.insert(
            Timeout(epoch: world.epoch.epoch, view: view, highQC: genesis, signer: 0, signature: signature), at: 0)
        timeouts.sort { $0.signer < $1.signer }
        let highest = timeouts.map(\.highQC).max { $0.rank < $1.rank } ?? genesis
        let reports = timeouts.map {
            TimeoutReport(signer: $0.signer, rank: $0.highQC.rank, signature: $0.signature)
        }
        return .timeout(
            TimeoutCertificate(epoch: world.epoch.epoch, view: view, reports: reports, highest: highest))
    }

    /// Shows replicas what opens a view.
    func open(_ entry: ViewEntry, to replicas: [Int]) { hands.send(.entry(entry), to: keys(replicas)) }

    // MARK: - Replicas

    /// Ends replicas and starts them again, and waits until they are back.
    ///
    /// - Parameter keepingWrites: whether what is being written is there afterwards.
    func restart(_ replicas: [Int], keepingWrites: Bool = true) {
        for replica in replicas {
            world.crash(world.nodes[replica], restartAfter: .milliseconds(10), keepingGroup: keepingWrites)
        }
        world.run(for: .milliseconds(400))
    }

    /// Lets the disks of replicas take so many times as long.
    func slowDisks(of replicas: [Int], times: Int) {
        for replica in replicas { world.nodes[replica].disk.slowness = times }
    }

    /// Expects that a replica has committed a block; else the script does not do what it is meant to.
    func expectCommitted(_ block: Block, at replica: Int) throws {
        guard world.checks.violation == nil else { return }
        try expect(
            world.nodes[replica].disk.image.position(at: block.height) == block.position,
            "replica \(replica) has not committed height \(block.height)")
    }

    private func keys(_ replicas: [Int]) -> [ValidatorKey] { replicas.map { world.nodes[$0].key } }
}
