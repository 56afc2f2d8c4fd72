import Foundation
import Testing

@testable import HotStuffTool

/// A disk that fails, for the processes that are started with its environment: `FaultyDisk/faulty_disk.c`, built for
/// this run of the tests.
struct FaultyDisk {
    /// Which calls on the log's file fail.
    enum Call: String, Sendable {
        /// Syncs; what was written since the last one is lost.
        case sync
        /// Writes.
        case write
    }

    private let library: String

    /// Builds the library in a directory; nil where there is no C compiler, or no way to preload a library.
    init?(in directory: TestDirectory) throws {
        #if os(Linux)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("FaultyDisk/faulty_disk.c").path
        library = directory.path + "/faulty_disk.so"
        guard let compiler = ["cc", "clang", "gcc"].lazy.compactMap(Self.find).first else { return nil }
        let errors = directory.path + "/compiler.txt"
        let end = try ChildProcess(
            [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], log: errors
        ).waitForEnd()
        try #require(end == .exit(0), "\((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
        #else
        return nil
        #endif
    }

    /// The environment of a process for which so many of these calls succeed, and no later one.
    func environment(_ call: Call, succeeding count: Int, then error: CInt) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAULTY_DISK_CALL": call.rawValue, "FAULTY_DISK_AFTER": "\(count)",
            "FAULTY_DISK_ERROR": "\(error)",
        ]
    }

    private static func find(_ program: String) -> String? {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return places.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// A small file system of its own, in memory; unmounted with this value.
final class SmallDisk {
    /// Where it is mounted.
    let path: String
    private var ballast: String { path + "/ballast" }

    /// Mounts one of `size` bytes; nil where this user may not.
    init?(size: Int, in directory: TestDirectory) throws {
        path = directory.path + "/disk"
        #if os(Linux)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("none", path, "tmpfs", 0, "size=\(size)") == 0 else { return nil }
        #else
        return nil
        #endif
    }

    deinit {
        #if os(Linux)
        umount2(path, CInt(MNT_DETACH))
        #endif
    }

    /// Fills it until so many bytes are left.
    func fill(leaving rest: Int) throws {
        var room = statvfs()
        try #require(statvfs(path, &room) == 0)
        let size = Int(room.f_bavail) * Int(room.f_frsize) - rest
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        if size > 0 {
            let bytes = [UInt8](repeating: 1, count: size)
            // Where it is full before, it is full.
            _ = write(file, bytes, size)
        }
    }

    /// Mounts it anew, for reading only.
    func forbidWriting() throws {
        #if os(Linux)
        try #require(mount("none", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
        #endif
    }

    /// Makes room again.
    func empty() { unlink(ballast) }
}
