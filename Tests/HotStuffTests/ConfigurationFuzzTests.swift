import Foundation
import FuzzTargets
import HotStuff
import Testing

/// Changed configuration files are read, or refused with an error that says what to do.
struct ConfigurationFuzzTests {
    @Test(arguments: [0, 1])
    func changedFilesAreReadOrRefused(number: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-fuzz-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try Identity.generate(writingTo: folder + "/key")
        try write(Array(ConfigurationSeeds.all[1].utf8), to: folder + "/genesis.json")
        let path = folder + "/config.json"
        let seed = Array(ConfigurationSeeds.all[number].utf8)
        try write(seed, to: path)
        try read(path, number)

        var mutator = Mutator(seed: UInt64(number))
        var refused = 0
        for round in 0..<3_000 {
            try write(mutator.mutated(seed, with: seed), to: path)
            do { try read(path, number) } catch let error as ReplicaError {
                #expect(error.code == .invalidConfiguration && !error.remedy.isEmpty, "round \(round): \(error)")
                refused += 1
            }
        }
        #expect(refused > 1_000)
    }

    private func read(_ path: String, _ number: Int) throws {
        if number == 0 { _ = try Configuration(contentsOf: path) } else { _ = try Genesis(contentsOf: path) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
