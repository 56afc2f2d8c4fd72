internal import HotStuffCore

/// A state machine that only executes and commits what has committed, in order: what every replica's must equal.
struct ReferenceMachine {
    private let seat: any MachineSeat
    /// The state's digest after each height, height 1 first; nil from a machine that has none.
    private var digests: [Digest?] = []
    private var first: Digest?

    init(_ maker: MachineMaker, genesis: Genesis) throws {
        let signals = MachineSignals {}
        let queue = CommandQueue(clock: { .zero }, signalWork: {})
        let context = StateMachineContext(
            signals: signals, payloadLimit: genesis.payloadLimit, appliedBlockLimit: 1, directory: "", commands: queue)
        seat = try maker.seat(context, signals, MachinePlace())
        let answer = try seat.recover(from: DiskImage(genesis: genesis), applicationData: genesis.applicationData)
        if case .recovered(_, let readings) = answer { first = readings.digest }
    }

    /// Executes and commits the next block of the history.
    mutating func take(_ block: Block) throws {
        guard !block.isNudge else {
            digests.append(digests.last ?? first)
            return
        }
        let load: (LogPosition) throws -> Payload = { _ in block.payload }
        let decided = DecidedPayload(position: block.position, payload: block.payload)
        var digest: Digest?
        if case .executed(_, let readings) = try seat.perform(.execute(decided), load: load) {
            digest = readings.digest
        }
        if case .committed(_, let readings?) = try seat.perform(.commit(block.position), load: load) {
            digest = readings.digest
        }
        digests.append(digest)
    }

    /// The digest after `height`; nil if the machine has none or the history has not got there.
    func digest(at height: Height) -> Digest? {
        guard height > .genesis else { return first }
        let index = Int(height.rawValue) - 1
        return digests.indices.contains(index) ? digests[index] : nil
    }
}
