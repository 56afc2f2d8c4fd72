// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who uses the library builds the benchmark's dependencies.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-hotstuff", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.0", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "CoreBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "HotStuffCore", package: "swift-hotstuff"),
                .product(name: "HotStuffSimulator", package: "swift-hotstuff"),
            ],
            path: "Benchmarks/CoreBenchmarks",
            swiftSettings: [.swiftLanguageMode(.v6)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        // A program, not a benchmark of that package: what it finds decided how payloads are stored.
        .executableTarget(
            name: "PayloadLayout", dependencies: [.product(name: "LMDB", package: "swift-hotstuff")],
            path: "Benchmarks/PayloadLayout", swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
