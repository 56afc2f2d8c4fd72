import Foundation
import HotStuffCore
import Testing

@testable import HotStuffStorage

extension StorageTests {
    struct CrashTests {
        /// A process writes, acknowledges each write in a file once `apply` has returned, and is killed at a moment of
        /// the seed's choosing; what it had acknowledged is there afterwards, and what is there is whole.
        @Test(arguments: [UInt64(1), 2])
        func `a killed writer's log holds at least what it acknowledged`(seed: UInt64) async throws {
            let directory = try TemporaryDirectory()
            try ReplicaStore.format(directory: directory.path, genesis: testGenesis(), key: testKey(0))
            var generator = SeededGenerator(seed: seed)
            var chain = TestChain()
            for _ in 0..<3 {
                let delay = UInt32.random(in: 2_000...60_000, using: &generator)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [path = directory.path as String, delay = delay as UInt32] in
                    try writeUntilKilled(directory: path, after: delay)
                }
                let acknowledged = try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/acknowledged")).count
                while chain.blocks.count <= acknowledged + 8 { chain.append() }
                let store = try directory.openStore()
                let log = try store.recover()
                let voted = Int(log.record.lastVoted?.height.rawValue ?? 0)
                #expect(voted >= acknowledged && voted <= acknowledged + 2, "seed \(seed)")
                #expect(voted == 0 || log.record == chain.record(votedFor: voted), "seed \(seed)")
                #expect(log.tipPosition == chain.position(max(0, voted - 3)), "seed \(seed)")
                #expect(log.uncommitted.contents == Array(chain.blocks[max(0, voted - 3)..<voted]).contents)
                let reader = try store.reader()
                for height in stride(from: 1, through: max(0, voted - 3), by: 1) {
                    #expect(try reader.block(at: Height(UInt64(height)))?.hash == chain[height].hash)
                }
                #expect(voted > 0, "seed \(seed): killed before it had written")
                // The next writer goes on where this one's promises end.
                try Data(repeating: 0, count: voted).write(to: URL(fileURLWithPath: "\(directory.path)/acknowledged"))
            }
        }
    }
}

/// Writes a block and the vote for it, commits the one three below, and appends a byte to the file of what was
/// acknowledged; again and again, from where the store left off, while another thread waits to kill the process,
/// once there is a first write.
private func writeUntilKilled(directory: String, after delay: UInt32) throws {
    let store = try ReplicaStore.open(directory: directory, genesis: testGenesis(), key: testKey(0))
    let voted = Int(try store.recover().record.lastVoted?.height.rawValue ?? 0)
    let acknowledged = open("\(directory)/acknowledged", O_WRONLY | O_APPEND | O_CREAT, 0o600)
    try #require(acknowledged >= 0)
    var chain = TestChain(count: voted)
    while true {
        chain.append()
        let height = chain.blocks.count
        var writes: [LogWrite] = [.block(chain[height]), .record(chain.record(votedFor: height))]
        if height > 3 { writes.append(chain.commit((height - 3)...(height - 3))) }
        try store.apply([writes])
        try #require(write(acknowledged, [0], 1) == 1)
        guard height == voted + 1 else { continue }
        Thread.detachNewThread {
            usleep(delay)  // lint:allow sleep — the kill is to come at no particular event
            kill(getpid(), SIGKILL)
        }
    }
}
