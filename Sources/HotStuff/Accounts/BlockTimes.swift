/// When a block with a payload came how far at one replica.
///
/// Times are those of the replica's clock. A stage that the block has not reached, or does not reach here, has none: only
/// a leader proposes, and a leader does not execute what it proposed.
public struct BlockTimes: Sendable, Hashable {
    /// The block.
    public let position: LogPosition
    /// The view that it was proposed in.
    public let view: View
    /// Bytes of its payload.
    public internal(set) var payloadBytes = 0
    /// In nanoseconds, by stage; 0 for none.
    private var nanoseconds = SIMD16<UInt64>(repeating: 0)

    /// A block that has come nowhere yet.
    init(_ position: LogPosition, view: View) {
        self.position = position
        self.view = view
    }

    /// When it reached `stage`; nil if it has not.
    public internal(set) subscript(stage: BlockStage) -> Timestamp? {
        get {
            let time = nanoseconds[stage.rawValue]
            return time == 0 ? nil : Timestamp(nanoseconds: time)
        }
        set { nanoseconds[stage.rawValue] = newValue?.nanoseconds ?? 0 }
    }

    /// How long it took from one stage to another; nil if it has not reached both.
    public func time(_ span: BlockSpan) -> Duration? {
        guard let start = self[span.stages.from], let end = self[span.stages.to] else { return nil }
        return end - start
    }
}

/// How far a block has come, in the order in which a leader's block gets there.
public enum BlockStage: Int, Sendable, Hashable, CaseIterable {
    /// The state machine's `propose()` was called.
    case proposing
    /// It has returned.
    case proposed
    /// `doPropose()` has taken the proposal from the buffer.
    case drained
    /// The block was handed to the transport, signed.
    case sent
    /// At a replica that does not lead: it holds the block, and writes it.
    case received
    /// A quorum's votes for it, or for a block above it, are known.
    case certified
    /// It is decided.
    case decided
    /// The decision is synced in the log: it is committed.
    case committed
    /// The state machine's `execute` was called.
    case executing
    /// It has returned.
    case executed
    /// The state machine's `commit` was called.
    case finishing
    /// It has returned: the block is final in the state machine.
    case finished
}

/// A part of a block's way, whose length is counted.
public enum BlockSpan: String, Sendable, Hashable, CaseIterable {
    /// `propose()` itself.
    case propose
    /// A proposal's time in the buffer.
    case buffer
    /// From `doPropose()` until the block is handed to the transport: its run fills, and it is signed.
    case send
    /// From `doPropose()` to its certificate.
    case certify
    /// From `doPropose()` to its commit: decided, and synced in the log.
    case commit
    /// The sync of the decision.
    case sync
    /// `execute` itself.
    case execute
    /// From its own certificate, which does not commit it yet, to the return of the state machine's `commit`.
    case follow
    /// From the decision, by the certificate that commits it, to the return of the state machine's `commit`: the sync of the
    /// decision, the call that the state machine's thread is in, and `commit` itself; `execute` too where that has not run
    /// ahead.
    case settle
    /// From `doPropose()` to the return of the state machine's `commit`, which also waits for the call that the state
    /// machine's thread is in.
    case finish

    /// From which stage to which it is.
    public var stages: (from: BlockStage, to: BlockStage) {
        switch self {
        case .propose: (.proposing, .proposed)
        case .buffer: (.proposed, .drained)
        case .send: (.drained, .sent)
        case .certify: (.drained, .certified)
        case .commit: (.drained, .committed)
        case .sync: (.decided, .committed)
        case .execute: (.executing, .executed)
        case .follow: (.certified, .finished)
        case .settle: (.decided, .finished)
        case .finish: (.drained, .finished)
        }
    }

    /// Its place among all spans.
    var place: Int { Self.places[self] ?? 0 }

    private static let places = Dictionary(uniqueKeysWithValues: zip(allCases, allCases.indices))

    /// The spans that end at a stage.
    static func ending(at stage: BlockStage) -> [BlockSpan] {
        byEnd[stage.rawValue]
    }

    private static let byEnd = BlockStage.allCases.map { stage in allCases.filter { $0.stages.to == stage } }
}
