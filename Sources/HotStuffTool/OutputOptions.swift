import ArgumentParser
import Foundation

/// How a command hands over its result: the same options everywhere.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the result as one JSON document, the last line on standard output.")
    var json = false

    @Option(help: ArgumentHelp("Write the result as a JSON document to a file.", valueName: "file"))
    var output: String?

    /// Fails now rather than after minutes of work if the result could not be written.
    func check() throws {
        if let output { try OutputFile.check(output) }
    }

    /// Prints the result, and writes it where that was asked for.
    func publish(_ result: JSON, human: String) throws {
        if let output { try OutputFile.write(result.text + "\n", to: output) }
        StandardOutput.write(json ? result.text : human)
    }
}

/// Files that a command was asked to write.
enum OutputFile {
    /// Fails if the file could not be written.
    static func check(_ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw unwritable(path) }
        close(file)
    }

    /// Writes the whole file.
    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw unwritable(path)
        }
    }

    private static func unwritable(_ path: String) -> ToolError {
        ToolError(
            "cannot write the result to \(path): \(String(cString: strerror(errno)))",
            remedy: "name a file in a directory that this user may write to")
    }
}

/// Lines to standard output, each written whole and at once, so that a reader of a pipe sees it.
enum StandardOutput {
    /// Writes a line.
    static func write(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// Writes to a descriptor; what it does not take, as nobody reads any more, is lost.
    static func write(_ text: String, to descriptor: CInt) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
