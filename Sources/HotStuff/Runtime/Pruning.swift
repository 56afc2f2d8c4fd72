import HotStuffStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// When the writer drops old blocks, and how many at once: between two writes at most one step, whose size follows what
/// has been committed since the last one, so that it keeps up with any leader.
struct PruningPace {
    /// Blocks after which, and in which, blocks are dropped.
    private static let blocks = 64
    /// Bytes of payloads after which they are.
    private static let bytes = 64 << 20

    /// What has been written since the last step.
    private var written = (blocks: 0, bytes: 0)
    /// There was more to drop than the last step could.
    private var isBehind = true

    /// Notes what was written.
    mutating func note(_ writes: [[LogWrite]]) {
        for write in writes.joined() {
            switch write {
            case .block(let block): written.bytes += block.payload.count
            case .commit(let positions, _): written.blocks += positions.count
            case .record: break
            }
        }
    }

    /// Whether a step is due now.
    var isDue: Bool { isBehind || written.blocks >= Self.blocks || written.bytes >= Self.bytes }

    /// How long to wait for writes before the next step: not at all while there is more to drop.
    ///
    /// Blocks grow old without writes too; their age is told to the hour.
    func pause(_ retention: Retention) -> Duration? {
        if isBehind { return .zero }
        if case .days = retention { return .seconds(3_600) }
        return nil
    }

    /// The bounds of the next step: twice what has come since the last one, so that a backlog shrinks.
    func bounds(neededFrom: Height, served: Int) -> PruningBounds {
        PruningBounds(
            neededFrom: neededFrom, served: UInt64(served), blockLimit: max(Self.blocks, 2 * written.blocks),
            sizeLimit: .bytes(max(Self.bytes, 2 * written.bytes)))
    }

    /// A step was made.
    mutating func stepped(_ pruned: Pruned) {
        written = (0, 0)
        isBehind = pruned.isUnfinished
    }
}

/// This machine's clock, for the age of blocks.
enum WallClock {
    /// Whole seconds since 1970; 0 where the system does not know.
    static var seconds: UInt64 { UInt64(clamping: time(nil)) }
}
