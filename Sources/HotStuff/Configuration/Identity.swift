#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A replica's private key, which is who it is; prints as its public one.
public struct Identity: Sendable, CustomStringConvertible, CustomReflectable {
    /// What signs for the replica.
    let signer: SigningKey

    /// Reads a key file: 32 bytes in base64 or hexadecimal, which nobody but its owner may read.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, naming the file and the way out.
    public init(contentsOf path: String) throws {
        let bytes = try TextFile.read(path, what: "key file", isSecret: true)
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let seed = Self.seed(text), let signer = SigningKey(seed: seed) else {
            throw ReplicaError(
                .invalidConfiguration, "the key file \(path) does not hold 32 bytes in base64 or hexadecimal",
                remedy: "restore it from a copy; a new key is another validator")
        }
        self.signer = signer
    }

    /// The identity of a seed of 32 bytes, always the same one; nil for any other count.
    public init?(seed: [UInt8]) {
        guard let signer = SigningKey(seed: seed) else { return nil }
        self.signer = signer
    }

    /// Draws a new key and writes it to a new file that only its owner may read.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration`, also if there is such a file.
    public static func generate(writingTo path: String) throws -> Identity {
        let seed = Ed25519.generateSeed()
        let text = Data(seed).base64EncodedString() + "\n"
        try TextFile.write(Array(text.utf8), to: path, what: "key file", isSecret: true)
        return try Identity(contentsOf: path)
    }

    /// The public key.
    public var key: ValidatorKey { signer.key }

    /// The public key in base64.
    public var description: String { key.base64 }

    /// The public key alone.
    public var customMirror: Mirror { Mirror(self, children: ["key": key]) }

    private static func seed(_ text: String) -> [UInt8]? {
        if text.utf8.count == 2 * Ed25519.seedSize {
            let digits = text.compactMap(\.hexDigitValue)
            guard digits.count == text.count else { return nil }
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
        return Data(base64Encoded: text).map { Array($0) }
    }
}
