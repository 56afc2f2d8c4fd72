import HotStuff

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A directory with a genesis file and a key file.
final class Files {
    let directory: String
    let identity: Identity
    let genesis: Genesis
    var genesisPath: String { "\(directory)/genesis.json" }
    var keyPath: String { "\(directory)/replica.key" }

    init() throws {
        directory = try makeTemporaryDirectory()
        identity = try Identity.generate(writingTo: "\(directory)/replica.key")
        genesis = Genesis(
            chainName: "files", validators: try ValidatorSet([Validator(key: identity.key, power: 1)]))
        try genesis.write(to: "\(directory)/genesis.json")
    }

    deinit { removeDirectory(directory) }

    /// A configuration file that is right.
    func configurationText() throws -> String {
        let configuration = Configuration(
            genesis: genesis, identity: identity, directory: "\(directory)/data",
            listen: Endpoint(host: "127.0.0.1", port: 7000), peers: PeerDirectory())
        let path = "\(directory)/right.json"
        try configuration.write(to: path, genesis: genesisPath, identity: keyPath)
        _ = try Configuration(contentsOf: path)
        return try read(path)
    }
}

/// The text of a small file.
func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw POSIXFailure(code: errno) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}

/// Writes a file.
func write(_ text: String, to path: String, mode: Int = 0o644) throws {
    guard let file = fopen(path, "w") else { throw POSIXFailure(code: errno) }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw POSIXFailure(code: errno) }
    setMode(path, mode)
}

/// Changes a file's permissions.
func setMode(_ path: String, _ mode: Int) { chmod(path, mode_t(mode)) }

extension String {
    /// Without the characters at its end for which `isDropped` holds.
    func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
        var result = self[...]
        while let last = result.last, isDropped(last) { result.removeLast() }
        return String(result)
    }
}
