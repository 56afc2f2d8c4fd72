/// A block that is missing, and whom it was asked of.
struct Fetch: Sendable {
    let wanted: LogPosition
    var peer: ValidatorKey
    /// How many peers were asked since the last pause.
    var attempts: Int
    /// When another peer is asked.
    var due: Timestamp

    /// How long a peer has for its answer.
    static let patience = Duration.milliseconds(500)
}

/// Committed blocks that are being taken over from a peer, one peer at a time.
struct CatchUp: Sendable {
    var peer: ValidatorKey
    /// The lowest height that was asked for last.
    var from: Height
    /// When another peer is asked; nil while nothing is asked for, as what came is being written.
    var due: Timestamp?

    /// How long a peer has for its answer; a run of 8 MiB takes a while on a slow link.
    static let patience = Duration.seconds(4)
    /// How many runs may wait to be written before no other is asked for: while one is, the next is on its way.
    static let unwrittenRuns = 2
}

/// Protocol §8: getting what this replica has missed, and giving others what they have.
extension Consensus {
    // MARK: - Connections

    /// A peer can be sent to: say where this replica is, and again what it may have missed.
    mutating func connect(_ peer: ValidatorKey) {
        peers.connect(peer)
        let hello = Hello(
            chainID: configuration.chainID, versions: 1...1, epoch: epoch.epoch, view: announced.view,
            entry: announced.entry, highQC: record.highQC, committed: tree.root.height, firstHeight: firstHeight,
            subscribes: me == nil)
        emit(.send(.hello(hello), to: [peer]))
        guard me != nil else { return }
        if leading != nil { repeatNewestRun(to: peer) }
        askToRecall(peer)
        tellDigests(to: peer)
        if leader.key == peer, let voted = repeatableVote { send(voted) }
        if let highest = timer.timedOutWith {
            emit(.sign(.timeout(epoch: epoch.epoch, view: record.view, highQC: highest), to: [peer]))
        } else if timer.isSuspecting {
            emit(.sign(.suspicion(epoch: epoch.epoch, view: record.view, rank: record.highQC.rank), to: [peer]))
        }
    }

    mutating func disconnect(_ peer: ValidatorKey) {
        peers.disconnect(peer)
        if fetch?.peer == peer { fetch?.due = now }
        if catchUp?.peer == peer { catchUp = nil }
    }

    mutating func receive(_ hello: Hello, from peer: ValidatorKey) {
        peers.update(peer) {
            $0.committed = hello.committed
            $0.subscribes = hello.subscribes
        }
        note(firstHeight: hello.firstHeight, of: peer)
        guard hello.epoch == epoch.epoch else { return }
        take(hello.highQC)
        if let entry = hello.entry { take(entry) }
        if hello.view > record.view { requestEntry(of: hello.view, from: peer) }
        if hello.committed > tree.root.height { startCatchingUp(with: peer) }
    }

    // MARK: - Missing blocks

    /// Asks for the blocks without which this replica cannot vote, lead or commit, one request at a time.
    mutating func requestMissing() {
        lookAtReach()
        if let active = catchUp {
            if let due = active.due, due <= now { catchUpElsewhere() }
            if catchUp != nil { return }
        }
        guard !isOutOfReach else {
            fetch = nil
            return
        }
        guard let wanted = firstMissing else {
            fetch = nil
            return
        }
        guard let asked = fetch else {
            let first = fetchSource.flatMap { peers[$0]?.key } ?? peers[leader.key]?.key ?? peers.next(after: nil)
            if let first { ask(first, for: wanted, attempts: 1) }
            return
        }
        if asked.due <= now {
            guard let next = peers.next(after: asked.peer) else { return }
            fetchSource = next
            ask(next, for: wanted, attempts: asked.attempts + 1)
        } else if asked.wanted != wanted {
            // Its time goes on: a peer that never answers must not be asked for ever because what is missing changes.
            ask(asked.peer, for: wanted, attempts: asked.attempts)
            fetch?.due = asked.due
        }
    }

    /// The lowest block that is missing under the highest certificate or under a block that might be voted for.
    private var firstMissing: LogPosition? {
        if tree[record.highQC.block]?.isConnected != true,
            let missing = tree.firstMissing(from: record.highQC.position)
        {
            return missing
        }
        for hash in candidates.reversed() {
            guard let node = tree[hash], !node.isConnected else { continue }
            if let missing = tree.firstMissing(from: node.block.position) { return missing }
        }
        return nil
    }

    private mutating func ask(_ peer: ValidatorKey, for wanted: LogPosition, attempts: Int) {
        // Twice as patient after each round of peers: on a slow link every answer takes its time, and asking all the
        // time only makes it slower.
        let rounds = min((attempts - 1) / max(1, peers.connected.count), 5)
        fetch = Fetch(wanted: wanted, peer: peer, attempts: attempts, due: now + Fetch.patience * (1 << rounds))
        let request = BlockRequest(hashes: [wanted.block], ancestorsAbove: tree.root.height)
        emit(.send(.blockRequest(request), to: [peer]))
    }

    mutating func receive(_ answer: BlocksAnswer, refused: [Digest], from peer: ValidatorKey) {
        if takeRepairs(answer, from: peer) { return }
        // Only what was asked for: an answer to nothing is somebody filling the tree. Who answers does not matter, as
        // the hashes do: a late answer is as good as any.
        guard let asked = fetch else { return }
        var chain: [Block] = []
        var expected: Digest? = asked.wanted.block
        for block in answer.blocks {
            guard block.hash == expected else { break }
            expected = block.header.parent
            chain.append(block)
        }
        // Parents first, so that what connects takes no room among the orphans.
        for block in chain.reversed() { hold(block, isRefused: refused.contains(block.hash), run: nil) }
        let isAnswered = tree.reaches(asked.wanted.block)
        if isAnswered {
            fetch = nil
            // Who gives all that is missing is asked again; who gives a part of it must not be the only one asked.
            let isWhole = tree.firstMissing(from: asked.wanted) == nil
            fetchSource = isWhole ? peer : peers.next(after: peer)
        } else if asked.peer == peer, asked.attempts < peers.connected.count {
            fetch?.due = now
        }
        tryToVote()
    }

    mutating func answer(_ request: BlockRequest, from peer: ValidatorKey) {
        var held: [Block] = []
        var others: [Digest] = []
        var bytes = 0
        for hash in request.hashes {
            guard tree.block(hash) != nil else {
                others.append(hash)
                continue
            }
            var current = hash
            while let block = tree.block(current), block.height > request.ancestorsAbove,
                held.count < Limits.answeredBlocks, held.isEmpty || bytes < Limits.answeredBytes
            {
                held.append(block)
                bytes += block.payload.count
                current = block.header.parent
            }
        }
        emit(.serveBlocks(held: held, others: others, to: peer))
        // What lies below the own committed tip comes with its proof.
        if request.ancestorsAbove < tree.root.height, let from = request.ancestorsAbove.successor {
            emit(.serveCommits(CommitRequest(from: from, limit: UInt64(Limits.answeredBytes)), to: peer))
        }
    }

    // MARK: - Committed runs

    /// A listener that gets no new certificate for as long as a validator would wait asks another peer what has
    /// committed: it suspects nobody, so a leader that serves it alone badly would keep it from everything.
    mutating func listenElsewhere() {
        guard let expiry = timer.expiry, expiry <= now else { return }
        restartViewTimer()
        guard let next = peers.next(after: listenedTo) else { return }
        listenedTo = next
        startCatchingUp(with: next)
    }

    private mutating func startCatchingUp(with peer: ValidatorKey) {
        guard catchUp == nil else { return }
        guard let next = tree.root.height.successor, let reach = peers[peer], reach.firstHeight <= next else { return }
        catchUp = CatchUp(peer: peer, from: next, due: nil)
        askForMore()
    }

    /// The peer that is caught up with does not answer, or no longer has what is needed: the next one that may is asked.
    private mutating func catchUpElsewhere() {
        guard let left = catchUp?.peer, let needed = tree.root.height.successor else { return }
        catchUp = nil
        if let next = peers.next(after: left, holding: needed), next != left { startCatchingUp(with: next) }
    }

    /// A peer says which blocks it still has.
    private mutating func note(firstHeight: Height, of peer: ValidatorKey) {
        guard let known = peers[peer], let needed = tree.root.height.successor else { return }
        peers.update(peer) { $0.firstHeight = firstHeight }
        if firstHeight > needed, known.firstHeight <= needed { emit(.event(.peerPruned(peer, below: firstHeight))) }
    }

    /// Finds out whether any connected peer may have what comes next, and says so once if none has: nothing is asked for
    /// then, as nobody could answer.
    private mutating func lookAtReach() {
        guard let needed = tree.root.height.successor, let lowest = peers.connected.map(\.firstHeight).min(),
            lowest > needed
        else {
            isOutOfReach = false
            return
        }
        if !isOutOfReach { emit(.event(.outOfReach(needed: needed, lowest: lowest))) }
        isOutOfReach = true
    }

    /// Asks the peer that is caught up with for the next run, once there is room for it.
    private mutating func askForMore() {
        guard hasRoomForRun, let peer = catchUp?.peer, let next = tree.root.height.successor else { return }
        catchUp = CatchUp(peer: peer, from: next, due: now + CatchUp.patience)
        emit(.send(.commitRequest(CommitRequest(from: next, limit: UInt64(Limits.answeredBytes))), to: [peer]))
    }

    mutating func receive(_ answer: CommitsAnswer, from peer: ValidatorKey) {
        switch answer {
        case .run(let proof, let blocks):
            take(proof, blocks: blocks, from: peer)
        case .prunedBelow(let height):
            note(firstHeight: height, of: peer)
            if catchUp?.peer == peer { catchUpElsewhere() }
        case .nothing(let committed):
            peers.update(peer) { $0.committed = committed }
            if catchUp?.peer == peer { catchUp = nil }
        }
    }

    /// Takes over a proven run of committed blocks, highest first.
    private mutating func take(_ proof: CommitProof, blocks: [Block], from peer: ValidatorKey) {
        guard proof.certificate.epoch == epoch.epoch, let proven = proof.proven else { return }
        for block in blocks where !agreesWithLog(block) {
            return halt(.conflictingCommit(mine: tree.root, other: block.position))
        }
        // One that comes twice answers nothing, and whoever answers something else is late before long.
        let isAnswer = catchUp.map { $0.peer == peer && $0.due != nil && $0.from == blocks.last?.height } ?? false
        // What nobody asked for must not fill the memory of a replica whose disk is slower than its network.
        guard isAnswer || hasRoomForRun else { return take(proof.certificate) }
        let path = blocks.reversed().filter { $0.height > tree.root.height }
        if let first = path.first, first.height == tree.root.height.successor, first.header.parent != tree.root.block {
            return halt(.conflictingCommit(mine: tree.root, other: first.position))
        }
        let connects = path.first.map { $0.header.parent == tree.root.block } ?? false
        if connects {
            commit(Array(path), proof: proof)
            unwrittenRuns += 1
            durability.await(write([]), then: .runWritten)
            emit(.event(.caughtUp(proven)))
        }
        take(proof.certificate)
        guard isAnswer else { return }
        guard connects || path.isEmpty else {
            catchUp = nil
            return
        }
        catchUp?.due = nil
        askForMore()
    }

    /// A run is in the log: there is room for another.
    mutating func runWritten() {
        unwrittenRuns -= 1
        if catchUp?.due == nil { askForMore() }
    }

    private var hasRoomForRun: Bool { unwrittenRuns < CatchUp.unwrittenRuns }

    /// Whether a block that is proven to be committed is the one in this log, as far as its height is remembered.
    private func agreesWithLog(_ block: Block) -> Bool {
        guard block.height <= tree.root.height, let mine = tree.committed(at: block.height) else { return true }
        return mine == block.hash
    }
}
