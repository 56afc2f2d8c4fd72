/// Why a connection ended, or never came to be.
public enum ConnectionEnd: Error, Sendable, Hashable {
    /// The peer closed it between two frames.
    case closedByPeer
    /// The peer closed it, or died, in the middle of a frame or of the handshake.
    case truncated
    /// The system reported an error, whose text this is.
    case failed(String)
    /// The peer sent what no peer may send.
    case malformed(ProtocolViolation)
    /// The handshake took longer than ``TransportTiming/handshakeTimeout``.
    case handshakeTimedOut
    /// A frame was begun and then made too little progress.
    case stalled
    /// The same peer connected anew.
    case replaced
    /// This side turned the peer away.
    case refused(Refusal)
    /// The peer turned this side away.
    case refusedByPeer(Refusal)
    /// At the dialled address answers a peer with another key.
    case wrongPeer(PeerKey)
    /// This side is stopping.
    case stopped

    /// The reason without its particulars, for counting.
    public var code: Code {
        switch self {
        case .closedByPeer: .closedByPeer
        case .truncated: .truncated
        case .failed: .failed
        case .malformed: .malformed
        case .handshakeTimedOut: .handshakeTimedOut
        case .stalled: .stalled
        case .replaced: .replaced
        case .refused: .refused
        case .refusedByPeer: .refusedByPeer
        case .wrongPeer: .wrongPeer
        case .stopped: .stopped
        }
    }

    /// A ``ConnectionEnd`` without its particulars.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// See ``ConnectionEnd/closedByPeer``.
        case closedByPeer
        /// See ``ConnectionEnd/truncated``.
        case truncated
        /// See ``ConnectionEnd/failed(_:)``.
        case failed
        /// See ``ConnectionEnd/malformed(_:)``.
        case malformed
        /// See ``ConnectionEnd/handshakeTimedOut``.
        case handshakeTimedOut
        /// See ``ConnectionEnd/stalled``.
        case stalled
        /// See ``ConnectionEnd/replaced``.
        case replaced
        /// See ``ConnectionEnd/refused(_:)``.
        case refused
        /// See ``ConnectionEnd/refusedByPeer(_:)``.
        case refusedByPeer
        /// See ``ConnectionEnd/wrongPeer(_:)``.
        case wrongPeer
        /// See ``ConnectionEnd/stopped``.
        case stopped
    }
}

/// Why a peer is turned away; travels in the hello's answer byte.
public enum Refusal: UInt8, Sendable, Hashable, CaseIterable {
    /// No version of the format that both speak.
    case version = 1
    /// All slots for peers outside the directory are taken.
    case noSlot = 2
    /// The policy closure said no.
    case policy = 3
    /// Both dialled at the same time, and the other connection is kept.
    case crossed = 4
    /// The peer has this side's own key.
    case ownKey = 5
    /// This side is stopping.
    case stopping = 6
    /// Too many connections were in their handshake at the same time; never sent, the connection is closed at once.
    case tooManyHandshakes = 7
}

/// What a peer sent that no peer may send; each one ends the connection.
public enum ProtocolViolation: Error, Sendable, Hashable {
    /// The first bytes are not those of a hello.
    case notAPeer
    /// A hello with an answer byte that means nothing.
    case unknownAnswer(UInt8)
    /// A hello whose oldest version is newer than its newest.
    case versionsReversed
    /// A chunk of a sort that does not exist.
    case unknownChunk(UInt8)
    /// A priority that does not exist.
    case unknownPriority(UInt8)
    /// A byte that must be zero is not.
    case reservedByte(UInt8)
    /// A chunk longer than any may be.
    case chunkTooLong(UInt32)
    /// A chunk that carries nothing and is not a whole empty frame.
    case emptyChunk
    /// A chunk that says it has more bytes than its frame lacks.
    case chunkOverrunsFrame
    /// A header longer than the limit.
    case headerTooLong(UInt32)
    /// A header longer than the frame that holds it.
    case headerOverrunsFrame
    /// A body longer than the limit.
    case bodyTooLong(UInt32)
    /// A new frame while the one before it, of the same priority, is not complete.
    case frameInterrupted(FramePriority)
    /// The continuation of a frame that was never begun.
    case continuationWithoutFrame(FramePriority)
}
