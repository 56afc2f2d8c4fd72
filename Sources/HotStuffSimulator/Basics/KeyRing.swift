internal import HotStuffCore

/// The keys of a world, and the secrets behind them, which it alone holds.
///
/// A signature is a keyed hash of the message, 64 bytes of 64-bit mixing: nobody in the world can make one without the
/// secret, and it costs a hundredth of a real one, so that signatures do not set a simulation's pace. As far as the
/// verifier is concerned it is a signature scheme like any other.
struct KeyRing: SignatureScheme {
    /// All keys, in the order of their bytes, so that a validator's number is its index in the set of all.
    let keys: [ValidatorKey]
    private let secrets: [UInt64]

    /// As many keys, and secrets drawn from `seed`.
    init(count: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed, stream: 0x6B65_7973)
        keys = (0..<count).compactMap { number in
            ValidatorKey(bytes: [UInt8(number >> 8), UInt8(number & 255)] + Array(repeating: 7, count: 30))
        }
        secrets = keys.map { _ in random.next() }
    }

    /// The signature of `message` by the owner of the key with this number.
    func sign(_ message: [UInt8], as number: Int) -> Signature {
        guard let signature = Signature(bytes: tag(of: message, secret: secrets[number])) else {
            preconditionFailure("a signature has 64 bytes")
        }
        return signature
    }

    /// Whether the owner of `key` made this.
    func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool {
        guard let number = keys.firstIndex(of: key) else { return false }
        return sign(message, as: number) == signature
    }

    private func tag(of message: [UInt8], secret: UInt64) -> [UInt8] {
        var state = mixed(secret ^ UInt64(message.count))
        message.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                var word: UInt64 = 0
                for byte in bytes[offset..<min(offset + 8, bytes.count)] { word = word << 8 | UInt64(byte) }
                state = mixed(state ^ word) &+ secret
                offset += 8
            }
        }
        return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            for word in 0..<8 {
                let value = mixed(state &+ UInt64(word) &* 0x9E37_79B9_7F4A_7C15)
                for byte in 0..<8 { buffer[word * 8 + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
            }
            count = 64
        }
    }
}

/// One key of a ring, as a replica's signer.
struct RingSigner: Signer {
    /// The ring.
    let ring: KeyRing
    /// Which of its keys.
    let number: Int

    /// The key.
    var key: ValidatorKey { ring.keys[number] }

    /// Signs the statement's preimage; never refuses.
    func sign(_ statement: Statement, chainID: Digest) -> Signature {
        ring.sign(statement.preimage(chainID: chainID), as: number)
    }
}
