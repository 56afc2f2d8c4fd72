import Benchmark
import HotStuffCore

/// What a replica spends its time on: hashes, signatures, encoding, and the engine's own decisions; and how fast the
/// simulator is.
///
/// Run with `swift package benchmark` in this folder.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration.metrics = [.wallClock, .throughput]
    // A sample is a thousand runs: taking one costs more than most of these do.
    Benchmark.defaultConfiguration.scalingFactor = .kilo
    Benchmark.defaultConfiguration.maxDuration = .seconds(3)

    Benchmark("Payload digest, 64 KiB") { benchmark in
        // Of a part, since a whole payload remembers its digest.
        let payload = Payload(bytes: [UInt8](repeating: 7, count: 64 << 10 + 1))
        guard let part = payload[0..<(64 << 10)] else { return }
        for _ in benchmark.scaledIterations { blackHole(part.digest) }
    }

    Benchmark("Ed25519 sign, 100 bytes") { benchmark in
        guard let key = SigningKey(seed: Array(repeating: 1, count: Ed25519.seedSize)) else { return }
        let message = [UInt8](repeating: 3, count: 100)
        for _ in benchmark.scaledIterations { blackHole(key.sign(message)) }
    }

    Benchmark("Ed25519 verify, 100 bytes") { benchmark in
        guard let key = SigningKey(seed: Array(repeating: 1, count: Ed25519.seedSize)) else { return }
        let message = [UInt8](repeating: 3, count: 100)
        let signature = key.sign(message)
        let scheme = Ed25519()
        for _ in benchmark.scaledIterations { blackHole(scheme.verify(signature, of: message, by: key.key)) }
    }

    Benchmark("Block header, hash") { benchmark in
        guard let world = LoneReplica() else { return }
        let header = world.header
        for _ in benchmark.scaledIterations { blackHole(header.hash) }
    }

    simulatorBenchmarks()

    Benchmark("Engine, one replica: a proposal to its commit") { benchmark in
        guard var world = LoneReplica() else { return }
        for _ in benchmark.scaledIterations { world.commitOne() }
    }
}
