import HotStuff

/// The bare state machine in a loop of its own, without consensus, log or network: what no replica can be faster than.
enum BareLoop {
    /// How long each of the two loops runs at least.
    private static let time = Duration.seconds(1)
    /// How many blocks each makes at least.
    private static let blocks = 20

    /// Blocks per second of the slower of two loops of machines of this load: propose, encode and commit, as a leader
    /// does; decode, execute and commit, as a follower does.
    static func blocksPerSecond(_ load: SyntheticMachine.Load) throws -> Double {
        var leader = SyntheticMachine(load, on: MachineBoard())
        var payload = Payload.empty
        let proposing = try rate { position in
            payload = try leader.propose().map { try SyntheticMachine.encode($0) } ?? payload
            leader.commit(position)
        }
        var follower = SyntheticMachine(load, on: MachineBoard())
        let executing = rate { position in
            if let block = SyntheticMachine.decode(payload) { follower.execute(block) }
            follower.commit(position)
        }
        return min(proposing, executing)
    }

    private static func rate(_ body: (LogPosition) throws -> Void) rethrows -> Double {
        let clock = ReplicaClock.monotonic
        let begin = clock.now
        var count: UInt64 = 0
        while count < blocks || clock.now - begin < time {
            count += 1
            try body(LogPosition(height: Height(count), block: .zero))
        }
        return Double(count) / ((clock.now - begin) / .seconds(1))
    }
}
