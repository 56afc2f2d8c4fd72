/// A state machine threw, or broke its contract: its replica stops, and the same block comes again on restart.
public struct StateMachineFault: Error, CustomStringConvertible {
    /// The calls of a state machine that can fail.
    public enum Call: String, Sendable, Hashable {
        /// The closure that makes the machine.
        case make
        /// `recover(from:)`.
        case recover
        /// `propose()`.
        case propose
        /// `encode(_:)`.
        case encode
        /// `execute(_:)`.
        case execute
        /// `validate(_:)`.
        case validate
        /// `commit(_:)`.
        case commit
        /// `rollBack()` or `rollBack(keepingOldest:)`.
        case rollBack
        /// `close()`.
        case close
    }

    /// What was called.
    public let call: Call
    /// The block it was called for, where that has a place.
    public let position: LogPosition?
    /// What it threw, or a `BrokenContract`.
    public let cause: any Error

    /// A fault of `call`, for the block at `position` if it has a place.
    public init(call: Call, position: LogPosition?, cause: any Error) {
        self.call = call
        self.position = position
        self.cause = cause
    }

    /// The call, the place and the cause.
    public var description: String {
        "the state machine's \(call.rawValue) failed\(position.map { " at \($0)" } ?? ""): \(cause)"
    }

    /// What a state machine did that its contract forbids.
    public enum BrokenContract: Error, Sendable, Hashable, CustomStringConvertible {
        /// `encode` gave no bytes.
        case emptyPayload
        /// `encode` gave more bytes than a payload may have.
        case tooLong(ByteCount, limit: ByteCount)
        /// `decode` refuses what `encode` gave.
        case undecodable
        /// `rollBack(keepingOldest:)` says that it kept more blocks than it was to keep, or fewer than none.
        case kept(Int, of: Int)
        /// `durablePosition` is not in this log: the machine's own tables belong to another one.
        case foreignTables(durable: LogPosition, log: LogPosition?)

        /// What it did.
        public var description: String {
            switch self {
            case .emptyPayload: "a proposal has no bytes"
            case .tooLong(let size, let limit): "a proposal has \(size), more than the \(limit) allowed"
            case .undecodable: "a proposal's bytes do not decode"
            case .kept(let kept, let count): "it kept \(kept) blocks and was to keep at most \(count)"
            case .foreignTables(let durable, let log):
                "its own tables are at \(durable), where the log has \(log.map { "\($0)" } ?? "nothing"): "
                    + "they belong to another log, or the log was restored from an older copy"
            }
        }
    }

    /// Runs `body`, and names the call in what it throws.
    static func naming<R>(_ call: Call, at position: LogPosition? = nil, _ body: () throws -> R) throws -> R {
        do { return try body() } catch let fault as StateMachineFault {
            throw fault
        } catch {
            throw StateMachineFault(call: call, position: position, cause: error)
        }
    }
}
