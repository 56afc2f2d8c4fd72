internal import HotStuffCore

/// The sixteen bytes before every record: what it is, how long, and a checksum.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 1 | version of the frame: 1 |
/// | 1 | 1 | the table's number |
/// | 2 | 2 | zero |
/// | 4 | 4 | length of the content, little-endian |
/// | 8 | 8 | the first bytes of SHA-256(key ‖ bytes 0 to 7 ‖ content) |
/// | 16 | | the content |
///
/// The key is in the checksum, so that a record that strayed to another key is found out. SHA-256 rather than a CRC:
/// with the processor's instructions it takes 1 µs a record, and nothing new is needed for it.
enum RecordFrame {
    /// The version that is written.
    static let version: UInt8 = 1
    /// How many bytes come before the content.
    static let size = 16

    /// What is wrong with a record.
    struct Flaw: Error {
        let text: String
    }

    /// The frame of a record with this content.
    static func head(of content: [UInt8], in table: TableName, for key: [UInt8]) -> [UInt8] {
        let start = [version, table.number, 0, 0] + UInt32(content.count).littleEndianBytes
        return content.withUnsafeBytes { start + checksum(key: key, start: start, content: $0) }
    }

    /// The whole record of this content.
    static func record(of content: [UInt8], in table: TableName, for key: [UInt8]) -> [UInt8] {
        head(of: content, in: table, for: key) + content
    }

    /// Where the content of a record lies, checked; a block's payload may follow it.
    ///
    /// - Throws: unless these bytes begin with what ``head(of:in:for:)`` gives for that content, table and key.
    static func content(of record: RawSpan, in table: TableName, for key: [UInt8]) throws(Flaw) -> Range<Int> {
        try record.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws(Flaw) -> Range<Int> in
            guard bytes.count >= size else { throw Flaw(text: "\(bytes.count) bytes, too few for a record") }
            guard bytes[0] == version else { throw Flaw(text: "a record of version \(bytes[0])") }
            guard bytes[1] == table.number, bytes[2] == 0, bytes[3] == 0 else {
                throw Flaw(text: "a record of another table")
            }
            let length = Int(UInt32(littleEndianBytes: bytes[4..<8]))
            guard length <= bytes.count - size else {
                throw Flaw(text: "\(bytes.count) bytes, too few for a content of \(length)")
            }
            let content = size..<(size + length)
            let sum = checksum(
                key: key, start: Array(bytes[..<8]), content: UnsafeRawBufferPointer(rebasing: bytes[content]))
            guard sum.elementsEqual(bytes[8..<16]) else { throw Flaw(text: "its checksum is not that of its bytes") }
            return content
        }
    }

    private static func checksum(key: [UInt8], start: [UInt8], content: UnsafeRawBufferPointer) -> ArraySlice<UInt8> {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(key.count + start.count + content.count)
        bytes.append(contentsOf: key)
        bytes.append(contentsOf: start)
        bytes.append(contentsOf: content)
        return Digest(of: bytes).bytes[..<8]
    }
}
