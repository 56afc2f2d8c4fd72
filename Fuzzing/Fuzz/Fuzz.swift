import Foundation
import FuzzTargets
import HotStuff

/// libFuzzer over the targets: `Fuzz TARGET [libFuzzer's arguments]`; `Fuzz TARGET --seeds FOLDER` writes the seeds.
///
/// Run in the repository's root, where the golden vectors are (`make fuzz`).
@main
struct Fuzz {
    /// What can be fuzzed.
    enum Target: String, CaseIterable {
        case messages, records, verifier, engine, configuration
    }

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1, let target = Target(rawValue: arguments[1]) else {
            print("usage: Fuzz \(Target.allCases.map(\.rawValue).joined(separator: "|")) [--seeds FOLDER | ARGUMENTS]")
            exit(2)
        }
        let run = try Fuzzed(target)
        if arguments.count == 4, arguments[2] == "--seeds" { return try run.writeSeeds(to: arguments[3]) }
        fuzzed = run
        var count = CInt(arguments.count - 1)
        var names: [UnsafeMutablePointer<CChar>?] = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) }
        names.append(nil)
        names.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            exit(runDriver(&count, &start, tryOne))
        }
    }
}

/// What is fuzzed; written once, before the fuzzer starts, and read by it alone, on one thread.
nonisolated(unsafe) private var fuzzed: Fuzzed?

/// Gives one input to the target; a broken promise ends the process, as libFuzzer expects.
private func tryOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try fuzzed?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// libFuzzer's loop.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// A target and its seeds.
struct Fuzzed {
    /// Tries one input.
    let run: ([UInt8]) throws -> Void
    private let seeds: [[UInt8]]

    init(_ target: Fuzz.Target) throws {
        let vectors = "Tests/HotStuffCoreTests/Vectors/"
        let messages = GoldenBytes(try String(contentsOfFile: vectors + "messages.txt", encoding: .utf8))
        switch target {
        case .messages:
            run = { try MessageTarget.run($0) }
            seeds = messages.samples.compactMap(MessageTarget.bytes)
        case .records:
            let records = GoldenBytes(try String(contentsOfFile: vectors + "records.txt", encoding: .utf8))
            run = { try RecordTarget.run($0) }
            seeds = records.samples.flatMap(RecordTarget.bytes)
        case .verifier:
            let target = try VerifierTarget()
            run = { try target.run($0) }
            seeds = messages.samples.compactMap(target.bytes)
        case .engine:
            run = { _ = try EngineTarget.run($0, golden: messages) }
            var mutator = Mutator(seed: 1)
            seeds = (0..<64).map { mutator.bytes(100 + 30 * $0) }
        case .configuration:
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(getpid())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = try Identity.generate(writingTo: folder + "/key")
            try Data(ConfigurationSeeds.all[1].utf8).write(to: URL(fileURLWithPath: folder + "/genesis.json"))
            let path = folder + "/fuzzed.json"
            run = { bytes in
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                _ = try? Configuration(contentsOf: path)
                _ = try? Genesis(contentsOf: path)
            }
            seeds = ConfigurationSeeds.all.map { Array($0.utf8) }
        }
    }

    /// Writes each seed to a file of its own.
    func writeSeeds(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (number, seed) in seeds.enumerated() {
            try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
        }
    }
}
