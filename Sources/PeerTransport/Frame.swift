public import NIOCore

/// Which queue of a connection a frame takes; frames of one priority keep their order, those of another may overtake.
public enum FramePriority: UInt8, Sendable, Hashable, CaseIterable {
    /// Small and urgent; goes before everything else.
    case consensus = 0
    /// Large and awaited; of the bytes left over by `consensus` it gets three quarters while `sync` has some to send.
    case payload = 1
    /// Large and patient; gets the rest, so it is slow beside `payload` but never starved.
    case sync = 2
}

/// What one `send` carries: a number for the user, a short header, and a body in pieces that are never copied together.
///
/// Copying a frame copies references; sending one to many peers shares its bytes. The far side gets the pieces of the
/// body joined into one buffer: how a body was cut is not transmitted.
public struct Frame: Sendable {
    /// The user's own number for what the frame is; the transport does not look at it.
    public let kind: UInt8
    /// The header; at most ``TransportLimits/headerBytes``.
    public let header: ByteBuffer
    /// The pieces of the body, in order; together at most ``TransportLimits/bodyBytes``.
    public let body: [ByteBuffer]
    /// Bytes of all pieces of the body together.
    public let bodyByteCount: Int

    /// Makes a frame of a header and the pieces of a body; only the readable bytes of each buffer count.
    public init(kind: UInt8, header: ByteBuffer, body: [ByteBuffer] = []) {
        self.kind = kind
        self.header = header
        self.body = body
        bodyByteCount = body.reduce(0) { $0 + $1.readableBytes }
    }

    /// Makes a frame of a header's bytes, which are copied, and the pieces of a body, which are not.
    public init(kind: UInt8, header: [UInt8], body: [ByteBuffer] = []) {
        self.init(kind: kind, header: ByteBuffer(bytes: header), body: body)
    }

    /// Bytes of header and body, which is what the frame counts for in a queue.
    public var byteCount: Int { header.readableBytes + bodyByteCount }
}

/// A frame as it came from a peer.
public struct ReceivedFrame: Sendable, Equatable {
    /// The number the sender gave it, any of 256: not checked by the transport.
    public let kind: UInt8
    /// The priority it was sent with.
    public let priority: FramePriority
    /// The header; its storage belongs to this frame alone.
    public let header: ByteBuffer
    /// The body in one buffer of its own, filled by the only copy made on the way in; begins at index 0.
    ///
    /// To keep its memory without a copy, hold what `withUnsafeReadableBytesWithStorageManagement` offers to retain.
    public let body: ByteBuffer

    /// Bytes of header and body.
    public var byteCount: Int { header.readableBytes + body.readableBytes }
}
