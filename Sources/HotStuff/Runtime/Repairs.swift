import Dispatch
import HotStuffStorage
import Logging
import Synchronization

/// The blocks of the log that turned out to be damaged.
///
/// Whoever meets one reports it here; the engine has it asked from peers, the writer says when it is written again, and
/// whoever needs it goes on then. Shared by the threads of the machine, the reader and the writer.
final class Repairs: Sendable {
    /// The replica stops: what is damaged stays so.
    struct Ended: Error {}

    /// How a wait for a block ended.
    enum Outcome: Sendable {
        /// It was written again, or has left the log: look again.
        case lookAgain
        /// There is nobody to ask, or the disk has lost it again and again.
        case hopeless
        /// The replica stops.
        case ended
    }

    private struct State {
        /// What is damaged now, and who waits for it.
        var damaged: [LogPosition: [@Sendable (Outcome) -> Void]] = [:]
        /// How often a block was written again.
        var repairs: [LogPosition: Int] = [:]
        /// What was told to be hopeless: once is enough, however often peers ask for it.
        var hopeless: Set<LogPosition> = []
        var isOver = false

        /// Blocks that have left the log are not wanted any more; gives who waited for them.
        mutating func forget(where isGone: (Height) -> Bool) -> [@Sendable (Outcome) -> Void] {
            let gone = damaged.filter { isGone($0.key.height) }
            for position in gone.keys { damaged[position] = nil }
            if !repairs.isEmpty { repairs = repairs.filter { !isGone($0.key.height) } }
            if !hopeless.isEmpty { hopeless = hopeless.filter { !isGone($0.height) } }
            return gone.values.flatMap(\.self)
        }
    }

    /// A thread that waits.
    private final class Wait: Sendable {
        let outcome = Mutex(Outcome.ended)
        let isOver = DispatchSemaphore(value: 0)
    }

    /// How many blocks are asked for at once that nobody waits for; those beyond are found again.
    private static let limit = 1_024
    /// How often a block is written again before its disk is given up.
    private static let patience = 3

    private let state = Mutex(State())
    private let hasPeers: Bool
    private let inbox: Inbox<ReplicaThread.Item>
    private let events: EventHub
    private let logger: Logger

    /// No damage is known yet.
    init(_ configuration: Configuration, inbox: Inbox<ReplicaThread.Item>, events: EventHub) {
        let own = configuration.identity.key
        hasPeers = configuration.genesis.validators.members.contains { $0.key != own }
        self.inbox = inbox
        self.events = events
        logger = configuration.logger
    }

    /// A start has found blocks above the tip damaged; consensus asks for those that it needs.
    func begin(with positions: [LogPosition]) {
        state.withLock { state in for position in positions { state.damaged[position] = [] } }
        for position in positions { tell(position, "an uncommitted block at height \(position.height) is damaged") }
    }

    /// A committed block turned out to be damaged.
    ///
    /// - Parameter waiter: called, on some thread, once the block is written again or will not be; nil if nobody waits.
    func report(_ error: StorageError, waiter: (@Sendable (Outcome) -> Void)? = nil) {
        guard let position = error.damagedBlock else {
            waiter?(.hopeless)
            return
        }
        let (isNew, outcome): (Bool, Outcome?) = state.withLock { state in
            if state.isOver { return (false, .ended) }
            guard hasPeers, state.repairs[position, default: 0] < Self.patience else {
                return (state.hopeless.insert(position).inserted, .hopeless)
            }
            let isNew = state.damaged[position] == nil
            guard !isNew || waiter != nil || state.damaged.count < Self.limit else { return (false, nil) }
            state.damaged[position, default: []].append(contentsOf: waiter.map { [$0] } ?? [])
            return (isNew, nil)
        }
        if isNew { tell(position, error.message) }
        if isNew, outcome == nil { inbox.post(.input(.damaged(position))) }
        if let outcome { waiter?(outcome) }
    }

    /// Waits, on the calling thread, until a block that was met damaged can be read again; false if it never will be.
    ///
    /// - Throws: `Ended`.
    func wait(for error: StorageError) throws -> Bool {
        let wait = Wait()
        report(error) { outcome in
            wait.outcome.withLock { $0 = outcome }
            wait.isOver.signal()
        }
        wait.isOver.wait()
        switch wait.outcome.withLock({ $0 }) {
        case .lookAgain: return true
        case .hopeless: return false
        case .ended: throw Ended()
        }
    }

    /// These writes are durable.
    func written(_ writes: [[LogWrite]]) {
        let (repaired, waiters) = state.withLock { state in
            var repaired: [LogPosition] = []
            var waiters: [@Sendable (Outcome) -> Void] = []
            guard !state.damaged.isEmpty else { return (repaired, waiters) }
            for write in writes.joined() {
                switch write {
                case .block(let block):
                    guard let waiting = state.damaged.removeValue(forKey: block.position) else { continue }
                    state.repairs[block.position, default: 0] += 1
                    repaired.append(block.position)
                    waiters += waiting
                case .commit(let positions, _):
                    // Of those above the tip, what this commit decides against has left the log.
                    guard let lowest = positions.first?.height, let highest = positions.last?.height else { continue }
                    waiters += state.forget { (lowest...highest).contains($0) }
                case .record: break
                }
            }
            return (repaired, waiters)
        }
        for position in repaired {
            logger.notice("a damaged block of the log is repaired", metadata: ["block": "\(position)"])
            events.tell(.logRepaired(position))
        }
        for waiter in waiters { waiter(.lookAgain) }
    }

    /// The log no longer has committed blocks below this height.
    func pruned(below height: Height) {
        let waiters = state.withLock { state in state.forget { $0 < height } }
        for waiter in waiters { waiter(.lookAgain) }
    }

    /// The replica stops: nobody waits any more.
    func end() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.damaged = [:] }
            return state.damaged.values.flatMap(\.self)
        }
        for waiter in waiters { waiter(.ended) }
    }

    private func tell(_ position: LogPosition, _ reason: String) {
        logger.error("a block of the log is damaged", metadata: ["block": "\(position)", "reason": "\(reason)"])
        events.tell(.logDamaged(position, reason: reason))
    }
}
