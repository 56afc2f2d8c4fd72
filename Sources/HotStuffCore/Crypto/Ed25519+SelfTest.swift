extension Ed25519 {
    /// The system's libsodium does not sign or verify as this protocol asks.
    ///
    /// Replicas whose libraries differ could be made to differ on a certificate, so such a replica must not start.
    public struct Departure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which signature of the table it judges differently.
        public let edgeCase: String
        /// What is wrong and what to do.
        public var description: String {
            "this system's libsodium treats the Ed25519 signature \"\(edgeCase)\" unlike the replicas of this "
                + "protocol do; install one of the releases 1.0.18 to 1.0.22"
        }
    }

    /// Holds the system's library against the table of edge cases; takes about 1 ms, at every start.
    ///
    /// - Throws: `Departure`, naming the first case that is judged differently.
    public static func selfTest() throws(Departure) {
        let scheme = Ed25519()
        for edgeCase in edgeCases where edgeCase.isAccepted != edgeCase.verdict(of: scheme) {
            throw Departure(edgeCase: edgeCase.name)
        }
        guard SigningKey(seed: Array(0..<32))?.sign([]).bytes == [UInt8](hexadecimal: signatureOfNothing) else {
            throw Departure(edgeCase: "signing nothing with the seed 00 01 … 1f")
        }
    }

    /// What the seed 00 01 … 1f signs no bytes with.
    private static let signatureOfNothing =
        "9ca53579530654d5c3df77089ef45eda613e2fedf670e96bedac4639504e5845"
        + "ef4b95d5793077233dd16817b2532e9c5525872a73a4ad74b759369a9e05c102"
}

extension Ed25519.EdgeCase {
    /// Whether `scheme` accepts this signature; nil if the table does not parse.
    func verdict(of scheme: some SignatureScheme) -> Bool? {
        guard let keyBytes = [UInt8](hexadecimal: key), let key = ValidatorKey(bytes: keyBytes),
            let signatureBytes = [UInt8](hexadecimal: signature), let signature = Signature(bytes: signatureBytes),
            let message = [UInt8](hexadecimal: message)
        else { return nil }
        return scheme.verify(signature, of: message, by: key)
    }
}

extension [UInt8] {
    /// The bytes of a text of hexadecimal digits, two each; nil for any other text.
    init?(hexadecimal text: String) {
        let digits = text.utf8.map { digit -> UInt8? in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x61 + 10
            case 0x41...0x46: digit - 0x41 + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[start], let low = digits[start + 1] else { return nil }
            append(high << 4 | low)
        }
    }
}
