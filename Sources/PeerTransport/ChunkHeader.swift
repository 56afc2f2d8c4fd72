import NIOCore

/// The few bytes before each chunk; after the hellos, a connection carries chunks and nothing else.
///
/// A frame is sent as its first chunk and as many continuations as it takes. Chunks of different priorities may
/// alternate, so that a vote goes between two chunks of a payload; chunks of one priority never mix two frames.
/// Integers are little-endian.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 1 | 1: first chunk of a frame; 2: continuation |
/// | 1 | 1 | priority: 0 consensus, 1 payload, 2 sync |
/// | 2 | 1 | first: the frame's kind; continuation: zero |
/// | 3 | 1 | zero |
/// | 4 | 4 | bytes of the frame in this chunk, at most ``largestChunk`` |
/// | 8 | 4 | first only: bytes of the whole frame, header and body |
/// | 12 | 4 | first only: how many of them are the header |
///
/// Then that many bytes of the frame: its header, then its body, raw. A chunk is empty only if its frame is.
enum ChunkHeader: Equatable {
    /// Begins a frame.
    case first(FramePriority, kind: UInt8, chunk: UInt32, frame: UInt32, header: UInt32)
    /// Goes on with the frame of that priority.
    case continuation(FramePriority, chunk: UInt32)

    /// The byte that marks a first chunk.
    static let firstMark: UInt8 = 1
    /// The byte that marks a continuation.
    static let continuationMark: UInt8 = 2
    /// Bytes of the header of a first chunk.
    static let firstByteCount = 16
    /// Bytes of the header of a continuation.
    static let continuationByteCount = 8
    /// Most bytes of a frame in one chunk, whatever the sender's ``TransportLimits/chunkBytes``.
    static let largestChunk: UInt32 = 1 << 20

    /// Appends the 8 or 16 bytes.
    func encode(into buffer: inout ByteBuffer) {
        switch self {
        case .first(let priority, let kind, let chunk, let frame, let header):
            buffer.writeMultipleIntegers(Self.firstMark, priority.rawValue, kind, 0 as UInt8)
            buffer.writeMultipleIntegers(chunk, frame, header, endianness: .little)
        case .continuation(let priority, let chunk):
            buffer.writeMultipleIntegers(Self.continuationMark, priority.rawValue, 0 as UInt8, 0 as UInt8)
            buffer.writeInteger(chunk, endianness: .little)
        }
    }

    /// Takes a chunk header off the front of what has arrived; nil if more must arrive first.
    ///
    /// - Throws: if its own bytes make no sense; whether it fits limits and the frame before is for ``FrameDecoder``.
    static func decode(from input: inout ByteBuffer) throws(ProtocolViolation) -> ChunkHeader? {
        let start = input.readerIndex
        guard let mark = input.getInteger(at: start, as: UInt8.self) else { return nil }
        guard mark == firstMark || mark == continuationMark else { throw .unknownChunk(mark) }
        let byteCount = mark == firstMark ? firstByteCount : continuationByteCount
        guard input.readableBytes >= byteCount,
            let (_, priorityByte, kind, zero) = input.readMultipleIntegers(as: (UInt8, UInt8, UInt8, UInt8).self),
            let chunk = input.readInteger(endianness: .little, as: UInt32.self)
        else { return nil }
        guard let priority = FramePriority(rawValue: priorityByte) else { throw .unknownPriority(priorityByte) }
        guard zero == 0 else { throw .reservedByte(zero) }
        guard chunk <= largestChunk else { throw .chunkTooLong(chunk) }
        guard mark == firstMark else {
            guard kind == 0 else { throw .reservedByte(kind) }
            return .continuation(priority, chunk: chunk)
        }
        guard let (frame, header) = input.readMultipleIntegers(endianness: .little, as: (UInt32, UInt32).self)
        else { return nil }
        return .first(priority, kind: kind, chunk: chunk, frame: frame, header: header)
    }
}
