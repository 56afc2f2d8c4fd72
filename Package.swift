// swift-tools-version: 6.2
import PackageDescription

/// `make` makes our own warnings errors (Documentation/Decisions/0009-warnings-as-errors.md).
let warnings: [SwiftSetting] =
    Context.environment["HOTSTUFF_WARNINGS_AS_ERRORS"] == "1"
    ? [.treatAllWarnings(as: .error), .treatWarning("DeprecatedDeclaration", as: .warning)] : []

/// What every target of ours is compiled with.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + warnings

let package = Package(
    name: "swift-hotstuff",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "HotStuff", targets: ["HotStuff"]),
        .library(name: "HotStuffCore", targets: ["HotStuffCore"]),
        .library(name: "HotStuffSimulator", targets: ["HotStuffSimulator"]),
        .library(name: "HotStuffStorage", targets: ["HotStuffStorage"]),
        .library(name: "LMDB", targets: ["LMDB"]),
        .library(name: "PeerTransport", targets: ["PeerTransport"]),
        .executable(name: "hotstuff", targets: ["HotStuffTool"]),
        .executable(name: "counter", targets: ["Counter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),

        .systemLibrary(name: "CPlatform"),

        .target(name: "LMDB", dependencies: ["CLMDB"], swiftSettings: settings),
        .target(
            name: "HotStuffCore",
            dependencies: [
                "CSodium",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(name: "HotStuffSimulator", dependencies: ["HotStuffCore"], swiftSettings: settings),
        .target(
            name: "HotStuffStorage",
            dependencies: [
                "HotStuffCore", "LMDB", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "PeerTransport",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "HotStuff",
            dependencies: [
                "CPlatform", "HotStuffCore", "HotStuffStorage", "PeerTransport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "HotStuffTool",
            dependencies: [
                "CPlatform", "HotStuff", "HotStuffCore", "HotStuffStorage", "HotStuffSimulator", "BatchExchange",
                "KeyValue",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "Counter", dependencies: ["HotStuff"], path: "Examples/Counter", swiftSettings: settings),
        .target(
            name: "KeyValue",
            dependencies: ["HotStuff", "HotStuffStorage", .product(name: "DequeModule", package: "swift-collections")],
            path: "Examples/KeyValue", exclude: ["Input/README.md"],
            resources: [.copy("Input/arithmetic.txt")], swiftSettings: settings),
        .target(
            name: "BatchExchange",
            dependencies: ["HotStuffCore", .product(name: "Crypto", package: "swift-crypto")],
            path: "Examples/BatchExchange", exclude: ["README.md"], swiftSettings: settings),

        .target(name: "FuzzTargets", dependencies: ["HotStuffCore"], path: "Fuzzing/Targets", swiftSettings: settings),

        .testTarget(name: "LMDBTests", dependencies: ["LMDB"], swiftSettings: settings),
        .testTarget(
            name: "HotStuffCoreTests", dependencies: ["HotStuffCore", "FuzzTargets"],
            exclude: ["Vectors"], swiftSettings: settings),
        .testTarget(
            name: "HotStuffSimulatorTests", dependencies: ["HotStuffSimulator"],
            exclude: ["Vectors"], swiftSettings: settings),
        .testTarget(
            name: "HotStuffStorageTests", dependencies: ["HotStuffStorage", "FuzzTargets"], swiftSettings: settings),
        .testTarget(
            name: "PeerTransportTests",
            dependencies: [
                "PeerTransport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "BatchExchangeTests", dependencies: ["BatchExchange", "HotStuffCore", "HotStuffSimulator"],
            swiftSettings: settings),
        .testTarget(
            name: "HotStuffTests",
            dependencies: [
                "HotStuff", "HotStuffSimulator", "HotStuffStorage", "FuzzTargets", "Counter", "KeyValue",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ClusterTests",
            dependencies: ["HotStuff", "HotStuffStorage", "HotStuffTool", "BatchExchange", "Counter", "KeyValue"],
            exclude: ["FaultyDisk"], swiftSettings: settings),
    ]
)

// libFuzzer's executable, which only `make fuzz` builds: it needs flags that nobody else's build should have.
if Context.environment["HOTSTUFF_FUZZING"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets", "HotStuff"], path: "Fuzzing/Fuzz", swiftSettings: settings))
}
