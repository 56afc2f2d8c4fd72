internal import CSodium

/// Which signatures count; all replicas of a chain must agree on it to the last malformed one.
public protocol SignatureScheme: Sendable {
    /// Whether `signature` is the signature of `message` by the owner of `key`; called from several threads at once.
    func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool
}

/// Ed25519 as libsodium 1.0.18 to 1.0.22 verify it.
///
/// Verifiers of Ed25519 differ on malformed signatures; what counts here is the cofactorless equation `R = S·B − h·A`,
/// with `S` below the group's order, `A` canonical, and neither `A` nor `R` of small order. `selfTest` holds the
/// system's library to that.
public struct Ed25519: SignatureScheme {
    /// Bytes of a seed.
    public static let seedSize = 32

    /// Set once the library has chosen its implementations and found its source of randomness.
    private static let isReady = sodium_init() >= 0

    /// Readies libsodium; traps if that finds no source of randomness, without which nothing here is safe.
    public init() { Self.makeReady() }

    fileprivate static func makeReady() {
        precondition(isReady, "libsodium cannot be initialized: it finds no source of randomness")
    }

    /// Whether the library accepts the signature; takes about 35 µs.
    public func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool {
        // Tuples on the stack: arrays of these bytes would be three allocations a check.
        let halves = (signature.first.inOrder, signature.second.inOrder)
        return withUnsafeBytes(of: halves) { signature in
            withUnsafeBytes(of: key.raw.inOrder) { key in
                guard let signature = signature.baseAddress, let key = key.baseAddress else { return false }
                return crypto_sign_verify_detached(
                    signature.assumingMemoryBound(to: UInt8.self), message, UInt64(message.count),
                    key.assumingMemoryBound(to: UInt8.self)) == 0
            }
        }
    }

    /// 32 bytes from the system's source of randomness: the seed of a new key.
    public static func generateSeed() -> [UInt8] {
        makeReady()
        var seed = [UInt8](repeating: 0, count: seedSize)
        randombytes_buf(&seed, seedSize)
        return seed
    }
}

/// An Ed25519 key that signs: a secret, which is never printed and is wiped when its last user is done.
///
/// Unchecked, since a pointer is not `Sendable`: the bytes behind it change only in `init` and `deinit`.
public final class SigningKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    /// The public key.
    public let key: ValidatorKey
    private static let secretSize = Int(crypto_sign_SECRETKEYBYTES)
    private let secret: UnsafeMutablePointer<UInt8>

    /// The key of a seed of 32 bytes, always the same one; nil for any other count.
    public init?(seed: [UInt8]) {
        Ed25519.makeReady()
        guard seed.count == Ed25519.seedSize else { return nil }
        secret = .allocate(capacity: Self.secretSize)
        secret.initialize(repeating: 0, count: Self.secretSize)
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        crypto_sign_seed_keypair(&publicKey, secret, seed)
        guard let key = ValidatorKey(bytes: publicKey) else { preconditionFailure("a public key has 32 bytes") }
        self.key = key
    }

    deinit {
        sodium_memzero(secret, Self.secretSize)
        secret.deallocate()
    }

    /// Signs `message`; the same message always has the same signature.
    public func sign(_ message: [UInt8]) -> Signature {
        var bytes = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&bytes, nil, message, UInt64(message.count), secret)
        guard let signature = Signature(bytes: bytes) else { preconditionFailure("a signature has 64 bytes") }
        return signature
    }

    /// The public key's first bytes.
    public var description: String { "signing key of \(key)" }

    /// The public key alone, so that a dump does not show where the secret lies.
    public var customMirror: Mirror { Mirror(self, children: ["key": key]) }
}
