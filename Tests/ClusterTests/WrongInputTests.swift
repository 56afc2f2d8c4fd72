import Foundation
import HotStuff
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// What `run` says to what it cannot use: one line that names the thing and the way out, and an exit code.
    struct WrongInputTests {
        /// A way to spoil a replica's files.
        struct Spoiling: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// What the line must name.
            let names: [String]
            let spoil: @Sendable (Network.Member) throws -> Void

            init(_ description: String, names: String..., spoil: @escaping @Sendable (Network.Member) throws -> Void) {
                testDescription = description
                self.names = names
                self.spoil = spoil
            }
        }

        static let spoilings: [Spoiling] = [
            Spoiling("no configuration", names: "config.json", "testnet") { try remove($0.configurationPath) },
            Spoiling("a configuration that is no JSON", names: "config.json", "JSON") {
                try write("{", to: $0.configurationPath)
            },
            Spoiling("a configuration with an unknown key", names: "config.json", "colour") {
                let text = try read($0.configurationPath)
                try write(text.replacingOccurrences(of: "\"voting\"", with: "\"colour\""), to: $0.configurationPath)
            },
            Spoiling("a configuration that is a directory", names: "config.json", "directory") {
                try remove($0.configurationPath)
                try FileManager.default.createDirectory(
                    atPath: $0.configurationPath, withIntermediateDirectories: false)
            },
            Spoiling("an application that nobody knows", names: "config.json", "abacus", "key-value") {
                let text = try read($0.configurationPath)
                try write(text.replacingOccurrences(of: "key-value", with: "abacus"), to: $0.configurationPath)
            },
            Spoiling("no genesis", names: "genesis.json") { try remove($0.directory + "/../genesis.json") },
            Spoiling("no key", names: "/key") { try remove($0.keyPath) },
            Spoiling("a key that is none", names: "/key", "32 bytes") { try write("hello\n", to: $0.keyPath) },
            Spoiling("a key that everyone can read", names: "/key", "chmod 600") {
                #expect(chmod($0.keyPath, 0o644) == 0)
            },
            Spoiling("another replica's key", names: "/data", "key") {
                try remove($0.keyPath)
                _ = try Identity.generate(writingTo: $0.keyPath)
            },
            Spoiling("a log of another chain", names: "/data", "chain") { member in
                let text = try read(member.directory + "/../genesis.json")
                try write(
                    text.replacingOccurrences(of: "testnet-", with: "testnet-another-"),
                    to: member.directory + "/../genesis.json")
            },
            Spoiling("a file in the place of the log's directory", names: "/data") {
                try remove($0.logPath)
                try write("", to: $0.logPath)
            },
        ]

        @Test(arguments: spoilings)
        func whatCannotBeUsedIsNamedInOneLine(_ spoiling: Spoiling) throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let member = cluster.network.members[0]
            try spoiling.spoil(member)
            let before = try contents(of: directory.path)

            let outcome = try Program.run(["run", "--config", member.configurationPath], within: .seconds(30))

            #expect(outcome.end != .exit(0))
            #expect(outcome.output == [])
            expectOneLine(outcome.errors, naming: spoiling.names)
            #expect(try contents(of: directory.path) == before, "nothing is lost, nothing is made")
        }

        @Test func aDirectoryWithoutPermissionIsNamedInOneLine() throws {
            guard getuid() != 0 else { return }  // whom no permission holds back
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let member = cluster.network.members[0]
            #expect(chmod(member.logPath, 0o000) == 0)
            defer { chmod(member.logPath, 0o700) }

            let outcome = try Program.run(["run", "--config", member.configurationPath], within: .seconds(30))

            #expect(outcome.end != .exit(0))
            expectOneLine(outcome.errors, naming: ["/data"])
        }

        @Test func aPortInUseIsNamedInOneLine() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            let member = cluster.network.members[0]
            let other = try TestDirectory()
            var plan = NetworkPlan(directory: other.path + "/net", application: .keyValue)
            plan.ports = [member.endpoint.port]
            let network = try Network(making: plan)
            try cluster.start(0)
            try cluster.wait("the first listens") { cluster.pictures.count == 1 }

            let outcome = try Program.run(["run", "--config", network.members[0].configurationPath])

            #expect(outcome.end != .exit(0))
            expectOneLine(outcome.errors, naming: ["\(member.endpoint)", "\"listen\""])
        }

        @Test func testnetOverwritesNothing() throws {
            let directory = try TestDirectory()
            let arguments = ["testnet", "--replicas", "2", "--directory", directory.path + "/net"]
            #expect(try Program.run(arguments).end == .exit(0))
            let before = try contents(of: directory.path)

            let outcome = try Program.run(arguments)

            #expect(outcome.end != .exit(0))
            expectOneLine(outcome.errors, naming: ["genesis.json", "another directory"])
            #expect(try contents(of: directory.path) == before)
        }

        @Test(arguments: [
            (["demo", "--input", "/nonexistent"], "/nonexistent"),
            (["demo", "--output", "/nonexistent/result.json"], "/nonexistent/result.json"),
            (["testnet", "--directory", "/dev/null/net"], "/dev/null"),
            (["testnet", "--directory", "/tmp/unused", "--base-port", "65534"], "65536"),
        ])
        func otherCommandsNameWhatTheyCannotUse(arguments: [String], name: String) throws {
            let outcome = try Program.run(arguments)
            #expect(outcome.end != .exit(0))
            expectOneLine(outcome.errors, naming: [name])
        }

        private func expectOneLine(_ lines: [String], naming names: [String]) {
            #expect(lines.count == 1, "one line: \(lines)")
            for name in names { #expect(lines.first?.contains(name) ?? false, "\(name) is named: \(lines)") }
        }

        /// Every file below a directory with its bytes; the tests' own files are left out.
        private func contents(of directory: String) throws -> [String: Data] {
            let names = try #require(FileManager.default.enumerator(atPath: directory)).compactMap { $0 as? String }
            return Dictionary(
                uniqueKeysWithValues: names.filter { !$0.hasSuffix("lock.mdb") }.map { name in
                    (name, FileManager.default.contents(atPath: "\(directory)/\(name)") ?? Data())
                })
        }

        private static func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        private static func write(_ text: String, to path: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }

        private static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
    }
}
