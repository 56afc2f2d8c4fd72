internal import HotStuffCore

/// A run in which nothing goes wrong, by which the simulator's speed is measured.
///
/// Four replicas, `L` = 2, the leader's own choice of a window, 5 to 10 ms from one replica to another, a payload block
/// about every 10 ms; all checks are on. A block counts once, when all four have it committed on their disks.
package struct FaultlessRun: Sendable {
    /// Blocks that every replica has committed, nudges included.
    package let blocks: Int
    /// Those of them with a payload.
    package let payloads: Int
    /// Events that happened.
    package let steps: Int
    /// How long it was in virtual time.
    package let simulated: Duration

    /// Runs until so many blocks are committed everywhere.
    ///
    /// - Parameter encodesMessages: whether messages become bytes and are read again by each addressee, as in a quarter
    ///   of the runs of the scenario *swarm*; else an object goes over, and is verified once.
    /// - Returns: nil if a promise was broken.
    package static func run(blocks: Int, seed: UInt64 = 1, encodesMessages: Bool = false) -> FaultlessRun? {
        let plan = RunPlan.script(seed) { $0.encodesMessages = encodesMessages }
        guard let world = try? plan.makeWorld() else { return nil }
        world.start()
        let isDone = world.run(upTo: .seconds(blocks)) { world.commonHeight >= blocks }
        guard isDone, world.checks.violation == nil else { return nil }
        return FaultlessRun(
            blocks: world.commonHeight, payloads: world.commonPayloads, steps: world.steps,
            simulated: world.time - .zero)
    }
}
