import Foundation
import Testing

@testable import HotStuffTool

/// The tool as it was built together with these tests, run as a process.
enum Program {
    /// Where it is: beside the tests themselves.
    static var path: String {
        get throws {
            #if os(macOS)
            let tests = try #require(Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }).bundleURL
            #else
            let tests = try #require(Bundle.main.executableURL)
            #endif
            let path = tests.deletingLastPathComponent().appendingPathComponent("hotstuff").path
            try #require(FileManager.default.isExecutableFile(atPath: path), "the tool was not built: \(path)")
            return path
        }
    }

    /// What a run of the tool left behind.
    struct Outcome {
        /// How it ended.
        let end: ChildProcess.End
        /// Lines on standard output.
        let output: [String]
        /// Lines on standard error.
        let errors: [String]
    }

    /// Runs the tool to its end.
    ///
    /// - Parameter limit: after so long it is killed, and the test fails.
    static func run(_ arguments: [String], within limit: Duration = .seconds(60)) throws -> Outcome {
        let directory = try TestDirectory()
        let run = try ProgramRun(arguments, errors: directory.path + "/errors")
        let end = try run.waitForEnd(within: limit)
        return Outcome(end: end, output: run.lines, errors: run.errorLines)
    }
}

/// A run of the tool that is under way.
final class ProgramRun {
    /// The process.
    let process: ChildProcess
    /// Lines that it has written to standard output so far.
    private(set) var lines: [String] = []
    private let errors: String

    /// Starts the tool; its standard error goes to the file `errors`.
    init(_ arguments: [String], errors: String) throws {
        process = try ChildProcess([try Program.path] + arguments, log: errors)
        self.errors = errors
    }

    /// Lines that it has written to standard error so far.
    var errorLines: [String] {
        ((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Waits until it has written this many lines.
    func waitForLines(_ count: Int, within limit: Duration = .seconds(30)) throws {
        try wait(within: limit) { lines.count >= count }
        try #require(lines.count >= count, "it ended: \(errorLines)")
    }

    /// Waits until it has ended.
    func waitForEnd(within limit: Duration = .seconds(30)) throws -> ChildProcess.End {
        try wait(within: limit) { false }
        return process.waitForEnd()
    }

    private func wait(within limit: Duration, for condition: () -> Bool) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while !condition(), process.output.end == nil {
            let left = Int32(clamping: Int((deadline - clock.now) / .milliseconds(1)))
            try #require(left > 0, "still running after \(limit): \(lines) \(errorLines)")
            var polled = [pollfd(fd: process.output.descriptor.number, events: Int16(POLLIN), revents: 0)]
            poll(&polled, 1, left)
            process.output.receive { lines.append(String(decoding: $0, as: UTF8.self)) }
        }
    }
}

/// A directory that goes with this value; its path is short enough for sockets.
final class TestDirectory {
    /// Its path.
    let path: String

    /// A new directory.
    init() throws {
        var template = Array("/tmp/hotstuff-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
