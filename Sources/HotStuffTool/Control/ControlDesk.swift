import Foundation
import HotStuff
import Synchronization

/// Answers what comes to a replica's control socket.
final class ControlDesk: Sendable {
    private struct State {
        /// The newest picture that anyone was shown; its revision grows with each change that is seen.
        var shown: Picture?
        var watchers: [Watcher] = []
        /// Of each client that was refused a command: the lowest number refused.
        var refused: [UInt64: UInt64] = [:]
    }

    /// Who waits for a picture newer than the one that it has seen.
    private struct Watcher {
        let seen: UInt64
        let tell: @Sendable (ControlAnswer) -> Void
    }

    /// How many clients' refusals are remembered.
    private static let refusedLimit = 65_536
    /// How often the replica is looked at while someone watches.
    ///
    /// Being told of each change instead costs a replica that commits a thousand blocks a second a thread switch for each
    /// of several events a block.
    private static let lookInterval = Duration.milliseconds(10)

    private let replica: Replica
    private let key: ValidatorKey
    private let board: MachineBoard
    private let state = Mutex(State())

    /// Answers for `replica`, which has this key and whose machine shows itself on `board`.
    init(_ replica: Replica, key: ValidatorKey, board: MachineBoard) {
        self.replica = replica
        self.key = key
        self.board = board
    }

    /// Answers a request, at once or when there is something to answer.
    func respond(to request: ControlRequest, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        switch request {
        case .status: answer(.picture(state.withLock { look(&$0) }))
        case .watch(let seen): watch(after: seen, answer)
        case .submit(let id, let command): submit(command, id, answer)
        case .marks(let height): answer(.marks(board.marks(after: height)))
        case .accounts(let count): tellAccounts(ofLast: count, answer)
        case .market, .open, .proposals: trade(request, answer)
        case .load(let propose, let execute):
            var load = board.load
            load.propose = .microseconds(propose)
            load.execute = .microseconds(execute)
            board.load = load
            answer(.load(load))
        }
    }

    private func trade(_ request: ControlRequest, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        guard let floor = board.floor else {
            return answer(.refused(.init(code: .unsupported, reason: "this replica's state machine is no exchange")))
        }
        switch request {
        case .market(let blocks, let seed):
            // Takes a while, and this thread has other requests to answer.
            Thread.detachNewThread { answer(.market(blocks: floor.prepare(blocks, seed: seed))) }
        case .open: answer(.market(blocks: floor.open()))
        case .proposals(let first): answer(.proposals(floor.proposals(from: first)))
        default: break
        }
    }

    private func tellAccounts(ofLast count: Int, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        Task.detached { [replica] in
            let count = min(count, AccountsPage.blocksLimit)
            if let accounts = await replica.accounts(ofLast: count) {
                answer(.accounts(AccountsPage(accounts)))
            } else {
                answer(.refused(.init(code: .stopping, reason: "the replica stops")))
            }
        }
    }

    private func watch(after seen: UInt64, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        let (picture, isFirst): (Picture?, Bool) = state.withLock { state in
            let picture = look(&state)
            guard picture.revision <= seen else { return (picture, false) }
            state.watchers.append(Watcher(seen: seen, tell: answer))
            return (nil, state.watchers.count == 1)
        }
        if let picture { answer(.picture(picture)) }
        if isFirst { Task.detached { [weak self] in await Self.lookOut { self } } }
    }

    /// Looks at the replica again and again, for as long as anyone watches.
    private static func lookOut(_ desk: () -> ControlDesk?) async {
        while true {
            try? await Task.sleep(for: lookInterval)  // lint:allow sleep — between two looks
            guard let desk = desk() else { return }
            let (picture, told, isOver) = desk.state.withLock { state in
                let picture = desk.look(&state)
                let told = state.watchers.filter { $0.seen < picture.revision }
                state.watchers.removeAll { $0.seen < picture.revision }
                return (picture, told, state.watchers.isEmpty)
            }
            for watcher in told { watcher.tell(.picture(picture)) }
            if isOver { return }
        }
    }

    /// Queues a command where this replica leads.
    ///
    /// The queue is asked rather than `Replica.submit`, whose calls are not in order if many are under way: a client's
    /// commands must be queued in the order of their numbers.
    private func submit(_ command: String, _ id: CommandID, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        func refuse(_ code: ControlAnswer.Refusal.Code, _ reason: String) {
            hold(id)
            answer(
                .refused(.init(code: code, reason: reason, client: id.client, sequence: id.sequence)))
        }
        // Once a later number is applied, an earlier one never is: so none may be queued over one that was refused.
        if let first = state.withLock({ $0.refused[id.client] }), first < id.sequence {
            return refuse(.outOfOrder, "submit the commands from \(first) on again")
        }
        guard let commands = board.commands else {
            return refuse(.unsupported, "this replica's state machine takes no commands")
        }
        let leader = replica.status.leader
        guard leader == key else { return refuse(.notLeader, "\(leader.base64) leads: submit it there") }
        do throws(CommandQueue.Refused) {
            try commands.submit(command.payload, id: id) { outcome in
                switch outcome {
                case .replied(let reply, let position):
                    answer(
                        .command(
                            .init(
                                client: id.client, sequence: id.sequence, reply: String(payload: reply),
                                height: position.height.rawValue)))
                case .alreadyApplied:
                    answer(.command(.init(client: id.client, sequence: id.sequence, reply: nil, height: nil)))
                case .unreadable:
                    answer(
                        .refused(
                            .init(
                                code: .unsupported, reason: "the machine does not read this command",
                                client: id.client, sequence: id.sequence)))
                case .stopped:
                    answer(
                        .refused(
                            .init(
                                code: .stopping, reason: "the replica stops", client: id.client,
                                sequence: id.sequence)))
                }
            }
            state.withLock { _ = $0.refused.removeValue(forKey: id.client) }
        } catch {
            switch error {
            case .full(let pause): refuse(.full, "the queue is full: submit it again after \(pause)")
            case .tooLong(let size, let limit): refuse(.unsupported, "the command has \(size), at most \(limit) fit")
            case .stopped: refuse(.stopping, "the replica stops")
            }
        }
    }

    private func hold(_ id: CommandID) {
        state.withLock { state in
            if state.refused.count >= Self.refusedLimit { state.refused.removeAll() }
            state.refused[id.client] = min(id.sequence, state.refused[id.client] ?? .max)
        }
    }

    /// The replica as it is; of the revision shown last if it has not changed since.
    private func look(_ state: inout State) -> Picture {
        let status = replica.status
        var picture = Picture(
            revision: state.shown?.revision ?? 1, replica: key.base64, phase: status.phase.rawValue,
            role: status.role.rawValue, epoch: status.epoch.rawValue, view: status.view.rawValue,
            leader: status.leader.base64, committed: status.committed.height.rawValue,
            executed: status.executed.rawValue, buffered: status.bufferedProposals,
            uncertified: status.uncertifiedBlocks, uncommitted: status.uncommittedBlocks,
            port: status.listeningPort, peers: status.connectedPeers.count, machine: board.picture)
        if let shown = state.shown, picture != shown { picture.revision += 1 }
        state.shown = picture
        return picture
    }
}
