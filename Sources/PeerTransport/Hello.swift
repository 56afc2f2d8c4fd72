import NIOCore

/// What each side says first on a connection: who it is, and which versions of the format it speaks.
///
/// The side that dialled says it at once; the other answers with its own, which also says whether the connection is
/// open. 64 bytes, integers little-endian:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | magic, ASCII `PeerNet` and a line feed |
/// | 8 | 2 | newest version the sender speaks |
/// | 10 | 2 | oldest version the sender speaks |
/// | 12 | 1 | answer: 0 open, else a ``Refusal``; 0 from the side that dialled |
/// | 13 | 3 | zero, not looked at |
/// | 16 | 8 | session: a random number drawn when the sender's network was made |
/// | 24 | 32 | the sender's key |
/// | 56 | 8 | zero, not looked at |
///
/// Both then speak the newest version that both know. Version 1 is chunks as in ``ChunkHeader``.
struct Hello: Equatable {
    /// How many bytes a hello has.
    static let byteCount = 64
    /// The first eight bytes, so that strangers of other protocols are recognised by their first byte or two.
    static let magic: [UInt8] = Array("PeerNet\n".utf8)
    /// The newest version this code speaks.
    static let newestVersion: UInt16 = 1
    /// The oldest version this code speaks.
    static let oldestVersion: UInt16 = 1

    /// Newest version the sender speaks.
    var newest = Hello.newestVersion
    /// Oldest version the sender speaks.
    var oldest = Hello.oldestVersion
    /// Why the sender turns this side away; nil if it does not.
    var refusal: Refusal?
    /// Tells a peer that restarted from one that merely reconnected.
    var session: UInt64
    /// Who the sender claims to be.
    var key: PeerKey

    /// The version to speak with the sender; nil if there is none.
    var commonVersion: UInt16? {
        let version = min(newest, Hello.newestVersion)
        return version >= max(oldest, Hello.oldestVersion) ? version : nil
    }

    /// The 64 bytes.
    func encoded() -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: Hello.byteCount)
        buffer.writeBytes(Hello.magic)
        buffer.writeInteger(newest, endianness: .little)
        buffer.writeInteger(oldest, endianness: .little)
        buffer.writeInteger(refusal?.rawValue ?? 0)
        buffer.writeRepeatingByte(0, count: 3)
        buffer.writeInteger(session, endianness: .little)
        buffer.writeBytes(key.bytes)
        buffer.writeRepeatingByte(0, count: 8)
        return buffer
    }

    /// Takes a hello off the front of what has arrived; nil if more must arrive first.
    ///
    /// - Throws: as soon as the bytes can't become a hello, however few they are.
    static func decode(from input: inout ByteBuffer) throws(ProtocolViolation) -> Hello? {
        guard input.readableBytesView.starts(with: magic.prefix(input.readableBytes)) else { throw .notAPeer }
        guard input.readableBytes >= byteCount, var bytes = input.readSlice(length: byteCount) else { return nil }
        bytes.moveReaderIndex(forwardBy: magic.count)
        guard
            let newest = bytes.readInteger(endianness: .little, as: UInt16.self),
            let oldest = bytes.readInteger(endianness: .little, as: UInt16.self),
            let answer = bytes.readInteger(as: UInt8.self), bytes.readBytes(length: 3) != nil,
            let session = bytes.readInteger(endianness: .little, as: UInt64.self),
            let keyBytes = bytes.readBytes(length: PeerKey.byteCount), let key = PeerKey(bytes: keyBytes)
        else { throw .notAPeer }
        guard oldest <= newest else { throw .versionsReversed }
        var hello = Hello(newest: newest, oldest: oldest, session: session, key: key)
        if answer != 0 {
            guard let refusal = Refusal(rawValue: answer) else { throw .unknownAnswer(answer) }
            hello.refusal = refusal
        }
        return hello
    }
}
