internal import HotStuffCore

/// What must hold in a world, looked at while it runs.
///
/// It sees all that happens, and asks no replica: headers as they are sent, signatures as they are made, disks as they
/// change, state machines as they answer.
final class Checks {
    /// The first promise that was broken.
    var violation: Violation?
    /// The one history: what anybody committed, height 1 first.
    private(set) var history: [LogPosition] = []
    /// How many payload blocks of the history there are up to each height, height 1 first.
    private(set) var payloadsUpTo: [Int] = []
    /// Every block that anybody sent.
    var known: [Digest: Block] = [:]
    var signatures: SignatureBook
    var reference: ReferenceMachine
    /// The headers of the history.
    var committedHeaders: [BlockHeader] = []
    /// The certified block of each view and height.
    private var certified: [Rank: Digest] = [:]
    let genesis: Genesis
    let genesisPosition: LogPosition
    let settings: WorldSettings
    /// How large a tree may become: four windows, and what certificates add.
    private let treeLimit: Int

    init(genesis: Genesis, settings: WorldSettings, maker: MachineMaker) throws {
        self.settings = settings
        self.genesis = genesis
        genesisPosition = genesis.genesisPosition
        signatures = SignatureBook(keys: settings.keyCount)
        reference = try ReferenceMachine(maker, genesis: genesis)
        treeLimit = 4 * max(genesis.maxWindow, 16) + 2 * genesis.maxWindow
    }

    /// How many payload blocks anybody has committed.
    var payloads: Int { payloadsUpTo.last ?? 0 }

    // MARK: - Commits

    /// Looks at what a node's disk has committed since it was last looked at: agreement, one chain, enough disks.
    func committed(_ node: Node, _ world: World) {
        if let flaw = node.disk.image.flaw, node.isHonest {
            return world.report(.damagedLog, node, "the log of replica \(node.index) was told of \(flaw)")
        }
        let log = node.disk.image.committed
        guard log.count > node.checkedHeight else {
            node.checkedHeight = min(node.checkedHeight, log.count)
            return
        }
        for block in log[node.checkedHeight...] {
            let index = Int(block.height.rawValue) - 1
            if index < history.count {
                guard history[index] == block.position || !node.isHonest else {
                    return world.report(
                        .agreement, node,
                        "replica \(node.index) committed \(block.position), others \(history[index])")
                }
            } else if node.isHonest {
                append(block, node, world)
            }
        }
        node.checkedHeight = log.count
    }

    private func append(_ block: Block, _ node: Node, _ world: World) {
        guard block.header.parent == (history.last ?? genesisPosition).block else {
            return world.report(
                .brokenChain, node, "replica \(node.index) committed \(block.position), which extends another block")
        }
        if settings.checksCertificates, let flaw = flaw(of: block.header, after: committedHeaders.last) {
            return world.report(
                .invalidBlock, node, "replica \(node.index) committed \(block.position), though \(flaw)")
        }
        committedHeaders.append(block.header)
        history.append(block.position)
        payloadsUpTo.append(payloads + (block.isNudge ? 0 : 1))
        do {
            try reference.take(block)
        } catch {
            world.report(.machineFault, nil, "the reference: \(error)")
        }
        var power: UInt64 = 0
        for other in world.nodes
        where other.isHonest && (other.hasLostDisk || other.disk.image.holds(block.position)) {
            power += settings.power(of: other.keyNumber)
        }
        guard settings.checksDisks, 3 * power <= settings.power else { return }
        world.report(
            .lostBlock, node, "\(block.position) is committed, and only power \(power) of honest replicas holds it")
    }

    /// A node takes a block to be certified: no other one of its view and height is.
    func certified(_ position: LogPosition, _ view: View, _ node: Node, _ world: World) {
        guard settings.checksCertificates, node.isHonest else { return }
        let rank = Rank(view: view, height: position.height)
        let other = certified[rank] ?? position.block
        certified[rank] = other
        guard other != position.block else { return }
        world.report(
            .certificates, node,
            "\(other) and \(position.block) of view \(view) are both certified at height "
                + "\(position.height)")
    }

    // MARK: - State machines

    /// What a state machine did: its committed state must be that of plain execution.
    func answered(_ answer: MachineAnswer, _ node: Node, _ world: World) {
        switch answer {
        case .recovered(let tip, let readings):
            node.machine.appliedDigests = []
            node.machine.committedDigest = readings.digest
            compare(readings.digest, at: tip.height, node, world)
        case .proposed(_, _, let readings), .executed(_, let readings):
            node.machine.appliedDigests.append(readings.digest)
        case .rolledBack(_, let kept):
            node.machine.appliedDigests.removeLast(node.machine.appliedDigests.count - kept)
        case .committed(let position, let readings):
            guard !node.machine.appliedDigests.isEmpty else {
                return world.report(.bound, node, "replica \(node.index) committed \(position) and had applied nothing")
            }
            let digest = node.machine.appliedDigests.removeFirst()
            node.machine.committedDigest = readings.map(\.digest) ?? digest
            compare(node.machine.committedDigest, at: position.height, node, world)
            guard let state = node.machine.validatedOn.removeValue(forKey: position.block), node.isHonest else {
                return
            }
            if reference.digest(at: Height(position.height.rawValue &- 1)) != state {
                world.report(
                    .divergence, node,
                    "replica \(node.index) was asked whether \(position) is valid on another state than its parent's")
            }
        case .validated(let position, _):
            let state = node.machine.appliedDigests.last ?? node.machine.committedDigest
            node.machine.validatedOn[position.block] = state
        case .nothingToPropose, .stopped: break
        }
    }

    private func compare(_ digest: Digest?, at height: Height, _ node: Node, _ world: World) {
        guard node.isHonest, let digest, let expected = reference.digest(at: height), digest != expected else { return }
        world.report(
            .divergence, node,
            "the state of replica \(node.index) differs at height \(height): its digest is \(digest), plain execution "
                + "of the committed chain gives \(expected)")
    }

    /// The engine wants something of its state machine: only what is in the log may be committed.
    func instructed(_ instruction: MachineInstruction, _ node: Node, _ world: World) {
        switch instruction {
        case .commit(let position):
            guard node.disk.image.position(at: position.height) != position, node.isHonest else { return }
            world.report(.durability, node, "the state machine is to commit \(position), which is not in the log")
        case .execute(let block):
            guard node.isHonest, !isLimited, node.proposed.contains(block.position.block) else { return }
            world.tally.executionsOnLeaders += 1
        case .propose:
            // A block of the leader's own view has committed, else what it speculates on may be another's to undo.
            guard node.isHonest, !isLimited, let view = node.status?.view, node.disk.image.tipView != view
            else { return }
            world.report(
                .askedTooEarly, node,
                "replica \(node.index) asks for proposals in view \(view), of which no block is in its log")
        default: break
        }
    }

    private var isLimited: Bool { settings.viewLimit != nil }

    // MARK: - Bounds

    /// Looks at a node's bounds after a step.
    func bounds(of node: Node, in world: World) {
        guard let held = node.holdings else { return }
        let bounds = [
            (held.blocks, treeLimit, "blocks"), (held.ballots, treeLimit, "blocks with votes"),
            (held.tenure, treeLimit, "blocks of its own"),
            (held.candidates, EngineHoldings.candidateLimit, "runs to vote for"),
            (held.certificates, EngineHoldings.certificateLimit, "certificates on blocks that it lacks"),
            (held.buffered, max(1, node.running.bufferDepth), "proposals made ahead"),
        ]
        for (count, limit, name) in bounds where count > limit {
            world.report(.bound, node, "replica \(node.index) holds \(count) \(name), at most \(limit)")
        }
        let applied = node.machine.appliedDigests.count
        let limit = settings.chainLength * settings.maxWindow + node.running.bufferDepth + 1
        // What is decided and on its way to the disk, or from there to the state machine, is applied too.
        if applied > limit, applied > limit + node.disk.pendingCommits + node.machine.pendingCommits {
            world.report(.bound, node, "replica \(node.index) has applied \(applied) blocks ahead")
        }
    }

    /// A replica will not vote for a block: only a Byzantine leader's can be such.
    func refused(_ position: LogPosition, _ reason: String, _ node: Node, _ world: World) {
        guard node.isHonest, let view = known[position.block]?.view else { return }
        let leader = world.epoch.leader(of: view, by: world.genesis.rotation).key
        guard world.nodes.allSatisfy({ $0.key != leader || $0.isHonest }) else { return }
        world.report(
            .honestRefused, node,
            "replica \(node.index) does not vote for height \(position.height) of the honest leader of view \(view): "
                + reason)
    }

    /// A replica stopped itself: only one whose key is used twice, or whose disk was exchanged, may.
    func halted(_ node: Node, _ reason: HaltReason, _ world: World) {
        guard node.isHonest else { return }
        world.report(.halted, node, "replica \(node.index) stopped: \(reason)")
    }
}
