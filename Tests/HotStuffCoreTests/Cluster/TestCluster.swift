@testable import HotStuffCore

/// A few engines in virtual time, in memory, under one seed: messages are delayed, lost, repeated and reordered, writes
/// take time, replicas crash and come back with what was durable.
///
/// Signatures are stood in for by zeros: who says what is decided by the cluster, which is what signatures are for.
final class TestCluster {
    struct Options {
        var replicas = 4
        var chainLength = 2
        var viewLimit: Int?
        var window: Int?
        var maxWindow = 64
        var bufferDepth = 3
        var latency: (Duration, Duration) = (.milliseconds(5), .milliseconds(15))
        var writeTime: (Duration, Duration) = (.microseconds(100), .milliseconds(2))
        var proposeTime: Duration = .milliseconds(10)
        var executeTime: Duration = .milliseconds(2)
        /// One message in so many is lost or repeated; 0 for none.
        var lossOneIn: UInt64 = 0
        var repeatOneIn: UInt64 = 0
        var proposals: UInt64 = .max
        /// How many `doPropose()` calls a pacemaker keeps waiting at each leader.
        var isPaced = true
        /// Whose state machine computes something else, and from which payload block on.
        var erring: Int?
        var errsAt = 20
    }

    private enum Event {
        case message(Message, refused: [Digest], from: Int, to: Int)
        case wake(Int, life: Int)
        case written(Int, life: Int, [LogWrite], WriteTicket)
        case machineDone(Int, life: Int)
        case action(() -> Void)
    }

    private(set) var options: Options
    let genesis: Genesis
    private(set) var replicas: [TestReplica] = []
    private(set) var now = Timestamp.zero
    private var queue: [(at: Timestamp, number: UInt64, event: Event)] = []
    private var eventNumber: UInt64 = 0
    var random: SeededGenerator
    /// Directed links that are cut.
    var cuts: Set<[Int]> = []
    /// What every key signed: the votes, for the check that no two of a view conflict.
    private(set) var votes: [(replica: Int, vote: VotingRecord.Voted)] = []
    private(set) var headers: [Digest: BlockHeader] = [:]
    /// The one history: what anybody committed, by height.
    private(set) var history: [UInt64: Digest] = [:]
    private(set) var events: [(replica: Int, event: EngineEvent)] = []
    private(set) var violations: [String] = []
    private(set) var messages = 0
    /// How many messages were sent because states differ.
    private(set) var alarms = 0

    init(_ options: Options = Options(), seed: UInt64) throws {
        self.options = options
        random = SeededGenerator(seed: seed)
        let keys = (0..<options.replicas).compactMap {
            ValidatorKey(bytes: [UInt8($0)] + Array(repeating: UInt8(7), count: 31))
        }
        var genesis = Genesis(
            chainName: "test", validators: try ValidatorSet(keys.map { Validator(key: $0, power: 1) }))
        genesis.commitChainLength = options.chainLength
        genesis.viewLimit = options.viewLimit
        genesis.maxWindow = options.maxWindow
        self.genesis = genesis
        replicas = keys.enumerated().map { TestReplica(index: $0, key: $1, genesis: genesis) }
    }

    func start() { for index in replicas.indices { start(index) } }

    /// Runs until `time`, or until nothing happens any more.
    func run(for duration: Duration) {
        let end = now + duration
        while let next = pop(until: end) {
            now = max(now, next.at)
            handle(next.event)
            guard violations.isEmpty else { return }
        }
        now = max(now, end)
    }

    /// Runs until `condition`, checked after each event, or the limit; false at the limit.
    func run(upTo limit: Duration, until condition: () -> Bool) -> Bool {
        let end = now + limit
        while !condition() {
            guard violations.isEmpty, let next = pop(until: end) else { return condition() }
            now = max(now, next.at)
            handle(next.event)
        }
        return true
    }

    func after(_ duration: Duration, _ action: @escaping () -> Void) { schedule(now + duration, .action(action)) }

    // MARK: - Faults

    /// Ends a replica at once; what was not durable is lost.
    func crash(_ index: Int) {
        replicas[index].crash()
        for other in replicas where other.isUp { step(other.index, .disconnected(replicas[index].key)) }
    }

    /// Starts a replica with what its log holds.
    func start(_ index: Int) {
        let replica = replicas[index]
        var configuration = EngineConfiguration(
            genesis: genesis, chainID: genesis.chainID, key: replica.key)
        configuration.bufferDepth = options.bufferDepth
        configuration.window = options.window
        let start = replica.start(configuration, machine: machine(index, life: replica.life + 1), now: now)
        perform(start, of: index)
        workMachine(index)
        for other in replicas where other.isUp && other.index != index {
            step(other.index, .connected(replica.key))
            step(index, .connected(other.key))
        }
        keepPacing(index)
    }

    private func machine(_ index: Int, life: Int) -> TestMachine {
        TestMachine(
            name: UInt64(index + 1) << 8 | UInt64(life), limit: options.proposals,
            errsAt: options.erring == index ? options.errsAt : nil)
    }

    func cut(_ side: [Int], from rest: [Int]) {
        for one in side { for other in rest { cuts.formUnion([[one, other], [other, one]]) } }
    }

    /// Joins everybody again; connections that were cut are made anew.
    func heal() {
        let broken = cuts
        cuts.removeAll()
        for link in broken.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let (from, to) = (link[0], link[1])
            guard replicas[from].isUp, replicas[to].isUp else { continue }
            step(from, .disconnected(replicas[to].key))
            step(from, .connected(replicas[to].key))
        }
    }

    /// From now on every message arrives once.
    func stopLosing() {
        heal()
        options.lossOneIn = 0
        options.repeatOneIn = 0
    }

    // MARK: - Events

    private func schedule(_ at: Timestamp, _ event: Event) {
        eventNumber += 1
        // A binary heap by hand would be faster; a test's queue is short.
        let place = queue.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
        queue.insert((at, eventNumber, event), at: place)
    }

    private func pop(until end: Timestamp) -> (at: Timestamp, event: Event)? {
        guard let first = queue.first, first.at <= end else { return nil }
        queue.removeFirst()
        return (first.at, first.event)
    }

    private func handle(_ event: Event) {
        switch event {
        case .message(let message, let refused, let from, let to):
            guard replicas[to].isUp, !cuts.contains([from, to]) else { return }
            step(to, .message(Verified(message, refused: refused), from: replicas[from].key))
        case .wake(let index, let life):
            guard replicas[index].isUp, replicas[index].life == life else { return }
            step(index, .clock(now))
        case .written(let index, let life, let writes, let ticket):
            guard replicas[index].isUp, replicas[index].life == life else { return }
            replicas[index].log.apply(writes)
            checkHistory(of: index)
            step(index, .durable(ticket))
        case .machineDone(let index, let life):
            guard replicas[index].isUp, replicas[index].life == life else { return }
            if let answer = replicas[index].finishMachineWork() { step(index, .machine(answer)) }
            workMachine(index)
        case .action(let action): action()
        }
    }

    func step(_ index: Int, _ input: Input) {
        guard replicas[index].isUp else { return }
        var effects = replicas[index].engine?.step(.clock(now)) ?? []
        effects += replicas[index].engine?.step(input) ?? []
        perform(effects, of: index)
    }

    private func perform(_ effects: [Effect], of index: Int) {
        let replica = replicas[index]
        for effect in effects {
            switch effect {
            case .write(let writes, let ticket):
                // Writes of one replica become durable in order.
                let done = max(replica.writeDone, now + random.duration(options.writeTime.0, options.writeTime.1))
                replica.writeDone = done
                schedule(done, .written(index, life: replica.life, writes, ticket))
            case .send(let message, let keys): send(message, from: index, to: keys)
            case .sign(let unsigned, let keys):
                guard let message = signed(unsigned, by: index) else { continue }
                send(message, from: index, to: keys)
            case .serveCommits(let request, let key):
                guard
                    let answer = try? CommitsAnswer(
                        to: request, from: replica.log, commitChainLength: genesis.commitChainLength)
                else {
                    continue
                }
                send(.commits(answer), from: index, to: [key])
            case .serveBlocks(let held, let others, let key):
                let found = others.compactMap { replica.log.block(with: $0) }
                let unknown = others.filter { replica.log.block(with: $0) == nil }
                send(.blocks(BlocksAnswer(blocks: held + found, unknown: unknown)), from: index, to: [key])
            case .machine(let instruction):
                replica.give(instruction)
                workMachine(index)
            case .answer(let id, let result): answered(id, result, by: index)
            case .wake(let at): schedule(max(at, now), .wake(index, life: replica.life))
            case .event(let event): events.append((index, event))
            case .halt(let reason): violations.append("replica \(index) halted: \(reason)")
            }
        }
    }

    private func send(_ message: Message, from: Int, to keys: [ValidatorKey]) {
        note(message)
        for key in keys {
            guard let to = replicas.firstIndex(where: { $0.key == key }) else { continue }
            messages += 1
            if to == from {
                schedule(now, .message(message, refused: [], from: from, to: to))
                continue
            }
            guard !cuts.contains([from, to]), !random.oneIn(options.lossOneIn) else { continue }
            for _ in 0..<(random.oneIn(options.repeatOneIn) ? 2 : 1) {
                let at = now + random.duration(options.latency.0, options.latency.1)
                schedule(at, .message(message, refused: [], from: from, to: to))
            }
        }
    }

    private func note(_ message: Message) {
        if case .stateDigests = message { alarms += 1 }
        if case .proposal(let proposal) = message {
            for block in proposal.blocks { headers[block.hash] = block.header }
        }
    }

    private func signed(_ unsigned: Unsigned, by index: Int) -> Message? {
        guard let zero = Signature(bytes: Array(repeating: 0, count: 64)) else { return nil }
        let signer = UInt16(genesis.validators.index(of: replicas[index].key) ?? 0)
        switch unsigned {
        case .proposal(let blocks): return .proposal(Proposal(blocks: blocks, signature: zero))
        case .vote(let voted, let epoch, let report):
            check(voted, by: index)
            return .vote(
                Vote(
                    epoch: epoch, view: voted.view, height: voted.height, index: voted.index, block: voted.block,
                    signer: signer, signature: zero, report: report))
        case .suspicion(let epoch, let view, let rank):
            return .suspicion(Suspicion(epoch: epoch, view: view, rank: rank, signer: signer, signature: zero))
        case .timeout(let epoch, let view, let highQC):
            return .timeout(Timeout(epoch: epoch, view: view, highQC: highQC, signer: signer, signature: zero))
        case .recallAnswer(let recollection, let nonce):
            return .recallAnswer(
                RecallAnswer(
                    recollection: recollection, nonce: nonce, signer: replicas[index].key, signature: zero))
        }
    }

    // MARK: - State machine and pacemaker

    private func workMachine(_ index: Int) {
        let replica = replicas[index]
        guard let cost = replica.beginMachineWork(propose: options.proposeTime, execute: options.executeTime) else {
            return
        }
        schedule(now + cost, .machineDone(index, life: replica.life))
    }

    private func keepPacing(_ index: Int) {
        guard options.isPaced else { return }
        replicas[index].requests += 1
        let id = ProposeRequest.ID(number: replicas[index].requests)
        step(index, .propose(ProposeRequest(id: id, content: .payload(ifEmpty: .refuse), deadline: nil)))
    }

    private func answered(_ id: ProposeRequest.ID, _ result: Result<Proposed, ProposeError>, by index: Int) {
        replicas[index].answers.append((id, result))
        let life = replicas[index].life
        let pause: Duration = if case .success = result { .zero } else { .milliseconds(50) }
        after(pause) { [unowned self] in
            if replicas[index].isUp, replicas[index].life == life { keepPacing(index) }
        }
    }

    // MARK: - Invariants

    /// Agreement: nobody commits another block at a height that anybody has committed.
    private func checkHistory(of index: Int) {
        let log = replicas[index].log
        for position in log.committed.dropFirst(replicas[index].checked) {
            if let known = history[position.height.rawValue], known != position.block {
                violations.append("replica \(index) committed \(position), another \(known)")
            }
            history[position.height.rawValue] = position.block
        }
        replicas[index].checked = log.committed.count
    }

    /// No key signs votes for two blocks of one view neither of which extends the other.
    private func check(_ voted: VotingRecord.Voted, by index: Int) {
        if let before = replicas[index].lastSigned, before.view == voted.view, before.block != voted.block {
            let (low, high) = before.height < voted.height ? (before, voted) : (voted, before)
            if !extends(high.block, low.block) {
                violations.append("replica \(index) voted for \(before) and \(voted)")
            }
        }
        replicas[index].lastSigned = voted
        votes.append((index, voted))
    }

    private func extends(_ block: Digest, _ ancestor: Digest) -> Bool {
        var current = block
        while current != ancestor {
            guard let header = headers[current] else { return false }
            current = header.parent
        }
        return true
    }

    /// Every replica's committed state is that of a machine that only executed its log.
    func checkStates() {
        for replica in replicas where replica.isUp {
            var sum: UInt64 = 0
            let executed = replica.engine?.status.executed ?? .genesis
            for position in replica.log.committed where position.height <= executed {
                guard let payload = replica.log.held[position.block]?.payload, let block = TestMachine.decode(payload)
                else { continue }
                sum = TestMachine.fold(sum, block)
            }
            if let machine = replica.observed?.committedSum, machine != sum {
                violations.append("replica \(replica.index) computed \(machine) instead of \(sum) at \(executed)")
            }
        }
    }

    /// How many payload blocks everybody who is up has committed.
    var committedPayloads: Int {
        replicas.filter(\.isUp).map { replica in
            replica.log.committed.count { !(replica.log.held[$0.block]?.isNudge ?? true) }
        }.min() ?? 0
    }
}
