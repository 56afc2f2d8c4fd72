import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    /// The log is plain LMDB, and its page says all that a reader needs: Python reads it by that alone.
    @Suite(.enabled(if: Python.hasLMDB, "needs python3 with the module lmdb, or pip and a network to get it"))
    struct OutsideReaderTests {
        let directory: TemporaryDirectory
        let chain: TestChain

        init() throws {
            directory = try TemporaryDirectory()
            var chain = TestChain(testGenesis(maxWindow: 4))
            // Payloads of no, one, two and three pieces, and an odd number at a higher level.
            for size in [0, 1, 65_536, 65_537, 200_000, 500_000, 100, 70_000, 3_000, 9_000] {
                chain.append(chain.makeBlock(size: size))
            }
            self.chain = chain
            let store = try directory.makeStore(genesis: chain.genesis)
            try store.apply([chain.writes(1...10) + [chain.commit(1...8), .record(chain.record(votedFor: 9))]])
        }

        @Test func `Python walks from height to hash to block and recomputes what it reads`() throws {
            let answer = try Python.readLog(in: directory.path)
            #expect(answer.error == "")
            let found = try #require(
                JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: any Sendable])
            #expect(found["chain"] as? String == chain.genesis.chainID.hexadecimalText)
            #expect(found["tip"] as? Int == 8 && found["hash"] as? String == chain[8].hash.hexadecimalText)
            #expect(found["blocks"] as? Int == 8)
            #expect(found["payload_bytes"] as? Int == (1...8).reduce(0) { $0 + chain[$1].payload.count })
        }

        @Test func `Python reads a pruned log, beside its replica`() throws {
            let store = try directory.openStore(genesis: chain.genesis)
            _ = try store.prune(
                .blocks(4), within: PruningBounds(neededFrom: Height(.max), served: 0), seconds: 0)
            let answer = try Python.readLog(in: directory.path)
            #expect(answer.error == "")
            #expect(answer.output.contains("\"first\": 5") && answer.output.contains("\"blocks\": 4"))
            store.close()
        }

        @Test func `Python finds a changed payload out`() throws {
            let payload = chain[6].payload.withUnsafeBytes { Array($0) }
            var changed = payload
            changed[1_000] ^= 1
            try #require(try directory.patch(Array(payload[..<2_000]), Array(changed[..<2_000])) > 0)
            let answer = try Python.readLog(in: directory.path)
            #expect(answer.error.contains("height 6: the payload's digest"))
        }
    }
}

/// The Python of this machine.
private enum Python {
    /// The root of the package.
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Where the module is if it was got for these tests.
    private static let modules = FileManager.default.temporaryDirectory.appendingPathComponent("hotstuff-python").path

    /// Whether there is the module, or can be.
    static let hasLMDB: Bool = {
        if (try? run(["-c", "import lmdb"]))?.error == "" { return true }
        _ = try? run(["-m", "pip", "install", "--quiet", "--target", modules, "lmdb"])
        return (try? run(["-c", "import lmdb"]))?.error == ""
    }()

    /// What the script that reads logs says to a directory.
    static func readLog(in directory: String) throws -> (output: String, error: String) {
        try run(["\(root)/scripts/read-log.py", directory])
    }

    /// Runs Python; its error is empty if it exits with 0.
    private static func run(_ arguments: [String]) throws -> (output: String, error: String) {
        let process = Process()
        let (output, error) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": modules]) { $1 }
        (process.standardOutput, process.standardError) = (output, error)
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: complaint, as: UTF8.self)
        let failure = text.isEmpty ? "exit code \(process.terminationStatus)" : text
        return (String(decoding: said, as: UTF8.self), process.terminationStatus == 0 ? "" : failure)
    }
}
