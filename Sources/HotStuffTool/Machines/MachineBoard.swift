import HotStuff
import Synchronization

/// Where a state machine shows itself to the control socket: written on the machine's thread, read on others.
final class MachineBoard: Sendable {
    private struct State {
        var picture = MachinePicture()
        /// The newest marks, each at its number modulo the size; all of their memory is taken at once, so that a long
        /// measurement of memory does not find the board growing.
        var marks = [Marks.Mark](repeating: Marks.Mark(height: 0, committed: 0), count: MachineBoard.marksLimit)
        /// How many blocks were ever marked.
        var marked = 0
        var load = SyntheticMachine.Load()
        var commands: CommandQueue?
    }

    private let state = Mutex(State())

    /// How many marks are kept: half a mebibyte of them.
    static let marksLimit = 1 << 15

    /// The machine as it is.
    var picture: MachinePicture { state.withLock { $0.picture } }

    /// Where commands are submitted to the machine; nil before it is made, and for one that takes none.
    var commands: CommandQueue? {
        get { state.withLock { $0.commands } }
        set { state.withLock { $0.commands = newValue } }
    }

    /// The machine has changed.
    func update(_ change: (inout MachinePicture) -> Void) { state.withLock { change(&$0.picture) } }

    /// What the synthetic machine's calls cost from now on.
    var load: SyntheticMachine.Load {
        get { state.withLock { $0.load } }
        set { state.withLock { $0.load = newValue } }
    }

    // MARK: - Marks

    /// The machine's `commit` of a block has returned at this time.
    func markCommit(_ height: Height, at time: Timestamp) {
        state.withLock { state in
            state.marks[state.marked % Self.marksLimit] = Marks.Mark(
                height: height.rawValue, committed: time.nanoseconds)
            state.marked += 1
        }
    }

    /// The marks above a height, lowest first, a page of them.
    func marks(after height: Height) -> Marks {
        state.withLock { state in
            // Heights grow: the first above is found by halving.
            var (low, high) = (state.marked - min(state.marked, Self.marksLimit), state.marked)
            while low < high {
                let middle = (low + high) / 2
                if state.marks[middle % Self.marksLimit].height <= height.rawValue {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return Marks(marks: (low..<state.marked).prefix(Marks.page).map { state.marks[$0 % Self.marksLimit] })
        }
    }
}

/// A page of what a synthetic machine has noted of its blocks.
struct Marks: Codable, Sendable, Hashable {
    /// Marks of blocks with payload, lowest height first; none if there are none above the height asked for.
    var marks: [Mark]

    /// How many are in a page.
    static let page = 1_000

    /// One block; the time is of the system's monotonic clock, the same for all processes of the machine.
    struct Mark: Codable, Sendable, Hashable {
        /// The block's height.
        var height: UInt64
        /// When the machine's `commit` had returned, in nanoseconds.
        var committed: UInt64
    }
}
