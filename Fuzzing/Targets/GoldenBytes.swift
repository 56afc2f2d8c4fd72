/// The samples of a file of golden vectors: each one's name, and its bytes field by field.
///
/// Whatever is added to the vectors is fuzzed from then on without a line of code.
package struct GoldenBytes: Sendable {
    /// One message or record.
    package struct Sample: Sendable {
        /// Its name in the file.
        package let name: String
        /// Its kind, if it is a message.
        package let kind: UInt8?
        /// Its fields in their order.
        package var fields: [Field]
        /// Its blocks' payloads.
        package let body: [UInt8]

        /// All fields.
        package var bytes: [UInt8] { fields.flatMap(\.bytes) }
    }

    /// One field.
    package struct Field: Sendable {
        /// What the file calls it.
        package let name: String
        /// Its bytes.
        package var bytes: [UInt8]
    }

    /// In the file's order.
    package let samples: [Sample]

    /// Reads `[name] kind 1, 603 bytes` and the lines `offset  field  hexadecimal` below it.
    package init(_ text: String) {
        var samples: [Sample] = []
        var name: String?
        var kind: UInt8?
        var fields: [Field] = []
        var body: [UInt8] = []
        func finish() {
            if let name { samples.append(Sample(name: name, kind: kind, fields: fields, body: body)) }
        }
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("[") {
                finish()
                let parts = line.dropFirst().split(separator: "]", maxSplits: 1)
                name = parts.first.map(String.init)
                kind = parts.last.flatMap(Self.kind)
                (fields, body) = ([], [])
            } else if line.hasPrefix("  body: ") {
                body += Self.bytes(line.dropFirst("  body: ".count))
            } else if let end = line.lastIndex(of: " "), !line.hasPrefix("#") {
                let title = line.prefix(upTo: end).drop { $0 == " " || $0.isNumber }
                let bytes = Self.bytes(line.suffix(from: line.index(after: end)))
                fields.append(Field(name: title.trimmed, bytes: bytes))
            }
        }
        finish()
        self.samples = samples
    }

    private static func kind(_ heading: Substring) -> UInt8? {
        let words = heading.split { $0 == " " || $0 == "," }
        guard let place = words.firstIndex(of: "kind"), words.indices.contains(place + 1) else { return nil }
        return UInt8(words[place + 1])
    }

    private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension Substring {
    /// Without the spaces at its end.
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
