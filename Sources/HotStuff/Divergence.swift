#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A replica's state that differs from a quorum's, as state machines digest them.
///
/// An alarm: digests travel unsigned, and nothing else depends on them.
public struct Divergence: Sendable, Hashable {
    /// Whose state differs.
    public let replica: ValidatorKey
    /// The first block after which it does, of the last 256 with a payload.
    public let position: LogPosition
    /// That replica's digest after the block.
    public let digest: Digest
    /// The quorum's.
    public let quorum: Digest

    /// A difference of states.
    public init(replica: ValidatorKey, position: LogPosition, digest: Digest, quorum: Digest) {
        self.replica = replica
        self.position = position
        self.digest = digest
        self.quorum = quorum
    }
}

/// What a replica that differs keeps of it in a file, so that the block can be executed again: `hotstuff replay`.
///
/// The file has, without gaps: the eight bytes `HSDIV` 0 0 1; the replica's key, 32 bytes; the block's height, 64 bits,
/// little-endian; its hash, the replica's digest and the quorum's, 32 bytes each; the block's payload.
public struct DivergenceFile: Sendable, Hashable {
    /// What differs.
    public let divergence: Divergence
    /// The block's payload; the blocks before it are in the replica's log.
    public let payload: Payload

    private static let mark = Array("HSDIV".utf8) + [0, 0, 1]

    /// The content of a file.
    public init(divergence: Divergence, payload: Payload) {
        self.divergence = divergence
        self.payload = payload
    }

    /// Reads a file.
    ///
    /// - Throws: `ReplicaError.Code.invalidConfiguration` if it cannot be read or is none.
    public init(contentsOf path: String) throws {
        let bytes: [UInt8]
        do { bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw ReplicaError(
                .invalidConfiguration, "cannot read \(path): \(error)", remedy: "name a file that a replica has kept",
                cause: error)
        }
        guard let content = Self(bytes) else {
            throw ReplicaError(
                .invalidConfiguration, "\(path) is no record of a divergence",
                remedy: "name a file that a replica has kept")
        }
        self = content
    }

    /// The content with these bytes; nil if they are none.
    init?(_ bytes: [UInt8]) {
        var reader = Payload(bytes: bytes).reader
        func bytes32() -> [UInt8]? { reader.read(count: 32).map { $0.withUnsafeBytes { Array($0) } } }
        guard reader.read(count: Self.mark.count).map({ $0.withUnsafeBytes { Array($0) } }) == Self.mark,
            let replica = bytes32().flatMap({ ValidatorKey(bytes: $0) }), let height = reader.read(UInt64.self),
            let block = bytes32().flatMap({ Digest(bytes: $0) }), let digest = bytes32().flatMap({ Digest(bytes: $0) }),
            let quorum = bytes32().flatMap({ Digest(bytes: $0) }), let payload = reader.read(count: reader.remaining)
        else { return nil }
        let position = LogPosition(height: Height(height), block: block)
        divergence = Divergence(replica: replica, position: position, digest: digest, quorum: quorum)
        self.payload = payload
    }

    /// What `init` reads.
    var bytes: [UInt8] {
        Payload(capacity: 144 + payload.count) { writer in
            writer.append(Self.mark)
            writer.append(divergence.replica.bytes)
            writer.append(divergence.position.height.rawValue)
            writer.append(divergence.position.block.bytes)
            writer.append(divergence.digest.bytes)
            writer.append(divergence.quorum.bytes)
            writer.append(payload)
        }.withUnsafeBytes { Array($0) }
    }

    /// Writes a file into a replica's directory, named after the height; an older one of that name is replaced.
    ///
    /// - Returns: its path.
    func write(to directory: String) throws -> String {
        let path = "\(directory)/divergence-\(divergence.position.height)"
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }
}
