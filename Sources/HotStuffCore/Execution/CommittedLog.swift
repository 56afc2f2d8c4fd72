/// The committed blocks, oldest first, as of one moment: what a state machine recovers from.
///
/// Noncopyable, and only ever borrowed by it, so that it cannot outlive the read transaction behind it.
public struct CommittedLog: ~Copyable {
    /// The committed tip.
    public let tip: LogPosition
    /// The genesis configuration's application data: what an empty machine starts from.
    public let applicationData: Payload
    /// The lowest height whose payload is still held; above the tip if none is.
    public let firstHeight: Height

    private let blocks: any CommittedBlocks
    private let visited: (Height) -> Void

    /// Why payloads cannot be read.
    public enum Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
        /// What was asked for is gone: the log begins at `firstHeight`.
        case pruned(asked: Height, firstHeight: Height)
        /// The log holds no block at a height where it must.
        case missing(Height)

        /// What is missing, and where.
        public var description: String {
            switch self {
            case .pruned(let asked, let first):
                "the log was pruned: height \(asked) is needed, and the lowest that it holds is \(first)"
            case .missing(let height): "the log holds no block at height \(height), below its tip"
            }
        }
    }

    /// Reads from `blocks`, whose moment is this log's.
    ///
    /// - Parameter visited: told each height that `forEachPayload` is done with.
    /// - Throws: what the storage behind `blocks` throws.
    public init(
        _ blocks: any CommittedBlocks, applicationData: [UInt8], visited: @escaping (Height) -> Void = { _ in }
    ) throws {
        let (tip, firstHeight) = (try blocks.tip, try blocks.firstHeight)
        self.blocks = blocks
        self.visited = visited
        self.applicationData = Payload(bytes: applicationData)
        self.tip = tip
        self.firstHeight = firstHeight
    }

    /// Gives `body` each payload above `position`, or from genesis if nil, oldest first; nudges are left out.
    ///
    /// - Throws: `Unreadable`; what the storage throws; what `body` throws.
    public func forEachPayload(
        after position: LogPosition?, _ body: (LogPosition, Payload) throws -> Void
    ) throws {
        var next = (position?.height ?? .genesis).successor
        if let first = next, first <= tip.height, first < firstHeight {
            throw Unreadable.pruned(asked: first, firstHeight: firstHeight)
        }
        while let height = next, height <= tip.height {
            let some = try blocks.nextBlocks(from: height, through: tip.height)
            guard let last = some.last else { throw Unreadable.missing(height) }
            for block in some {
                if !block.isNudge { try body(block.position, block.payload) }
                visited(block.height)
            }
            next = last.height.successor
        }
    }

    /// Borrows the payload at `height`; nil for a nudge, and where the log holds no block.
    ///
    /// - Throws: what the storage throws; what `body` throws.
    public func withPayload<R>(at height: Height, _ body: (RawSpan) throws -> R) throws -> R? {
        guard let block = try blocks.block(at: height), !block.isNudge else { return nil }
        return try block.payload.withBytes(body)
    }

    /// The committed block's place at `height`; nil above the tip, and where the log was pruned.
    ///
    /// - Throws: what the storage throws.
    public func position(at height: Height) throws -> LogPosition? { try blocks.position(at: height) }

    /// Checks that a machine's own tables are of this log.
    ///
    /// - Throws: `StateMachineFault.BrokenContract.foreignTables`; what the storage throws.
    func checkTables(at durable: LogPosition?) throws {
        guard let durable else { return }
        let found = durable.height <= tip.height ? try position(at: durable.height) : nil
        if found == nil, let next = durable.height.successor, next < firstHeight {
            throw Unreadable.pruned(asked: next, firstHeight: firstHeight)
        }
        guard found == durable else {
            throw StateMachineFault.BrokenContract.foreignTables(durable: durable, log: found)
        }
    }
}
