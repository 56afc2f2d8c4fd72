/// Decides, by the room that the log's disk has left, whether the log is written.
///
/// Owned by the writer's thread. A full disk that is found out by a failed write ends the replica, since nobody can tell
/// what is on it then. So writing stops while there is still room for what one transaction takes, its pages and all:
/// that can be waited out.
struct SpaceWatch {
    /// What has changed.
    enum Change: Hashable {
        /// There is less room than there must be.
        case ranShort(free: ByteCount)
        /// There is room again.
        case returned(free: ByteCount)
        /// There has been too little for longer than may be waited.
        case overdue(free: ByteCount)
    }

    /// How often the disk is looked at while nothing is to be written.
    static let interval = Duration.seconds(1)

    private let limits: Configuration.Space
    private let freeSpace: @Sendable () -> ByteCount?
    private var shortSince: Timestamp?

    /// A watch that reads the free space by `freeSpace`; nil there is for what cannot be told.
    init(_ limits: Configuration.Space, freeSpace: @escaping @Sendable () -> ByteCount?) {
        self.limits = limits
        self.freeSpace = freeSpace
    }

    /// How long to wait for something to write before the disk is looked at; nil for ever, where it is not watched.
    var interval: Duration? { limits.reserve.bytes > 0 ? Self.interval : nil }

    /// Whether nothing may be written.
    var isShort: Bool { shortSince != nil }

    /// Looks at the disk, now that `size` is to be written.
    mutating func look(for size: ByteCount, now: Timestamp) -> Change? {
        guard limits.reserve.bytes > 0, let free = freeSpace() else { return nil }
        // What returns must be more than what was missed, lest a disk at the edge stop the replica every moment.
        let wanted = limits.reserve.bytes + (shortSince == nil ? 0 : limits.reserve.bytes / 4)
        let isEnough = free.bytes >= wanted && free.bytes - wanted >= size.bytes
        guard let since = shortSince else {
            if isEnough { return nil }
            shortSince = now
            return .ranShort(free: free)
        }
        if isEnough {
            shortSince = nil
            return .returned(free: free)
        }
        return now - since > limits.patience ? .overdue(free: free) : nil
    }
}
