import HotStuff
import Synchronization

/// Where a state machine shows itself to the control socket: written on the machine's thread, read on others.
final class MachineBoard: Sendable {
    private struct State {
        var picture = MachinePicture()
        var marks: [Marks.Mark] = []
        var proposals: [Height: Timestamp] = [:]
        var changed: @Sendable () -> Void = {}
        var commands: CommandQueue?
    }

    private let state = Mutex(State())

    /// How many marks are kept: 16 MiB of them, and as much again for when they were proposed.
    static let marksLimit = 1 << 20

    /// The machine as it is.
    var picture: MachinePicture { state.withLock { $0.picture } }

    /// Where commands are submitted to the machine; nil before it is made, and for one that takes none.
    var commands: CommandQueue? {
        get { state.withLock { $0.commands } }
        set { state.withLock { $0.commands = newValue } }
    }

    /// Calls `changed`, on the machine's thread, after each change from now on.
    func onChange(_ changed: @escaping @Sendable () -> Void) { state.withLock { $0.changed = changed } }

    /// The machine has changed.
    func update(_ change: (inout MachinePicture) -> Void) {
        let changed = state.withLock { state in
            change(&state.picture)
            return state.changed
        }
        changed()
    }

    // MARK: - Marks

    /// A block was proposed at this time.
    func markProposal(_ height: Height, at time: Timestamp) {
        state.withLock { state in
            guard state.proposals.count < Self.marksLimit else { return }
            state.proposals[height] = time
        }
    }

    /// The machine's `commit` of a block has returned at this time.
    func markCommit(_ height: Height, at time: Timestamp) {
        state.withLock { state in
            guard state.marks.count < Self.marksLimit else { return }
            state.marks.append(Marks.Mark(height: height.rawValue, committed: time.nanoseconds))
        }
    }

    /// The marks above a height, lowest first, a page of them.
    func marks(after height: Height) -> Marks {
        state.withLock { state in
            // Heights grow: the first above is found by halving.
            var (low, high) = (0, state.marks.count)
            while low < high {
                let middle = (low + high) / 2
                if state.marks[middle].height <= height.rawValue { low = middle + 1 } else { high = middle }
            }
            return Marks(
                marks: state.marks[low...].prefix(Marks.page).map { mark in
                    var mark = mark
                    mark.proposed = state.proposals[Height(mark.height)]?.nanoseconds
                    return mark
                })
        }
    }
}

/// A page of what a synthetic machine has noted of its blocks.
struct Marks: Codable, Sendable, Hashable {
    /// Marks of blocks with payload, lowest height first; none if there are none above the height asked for.
    var marks: [Mark]

    /// How many are in a page.
    static let page = 500

    /// One block; times are of the system's monotonic clock, the same for all processes of the machine.
    struct Mark: Codable, Sendable, Hashable {
        /// The block's height.
        var height: UInt64
        /// When the machine's `commit` had returned, in nanoseconds.
        var committed: UInt64
        /// When `doPropose()` had returned; nil but at the leader that proposed it.
        var proposed: UInt64?
    }
}
