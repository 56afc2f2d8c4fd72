import Foundation

/// The demo's commands: lines of a file.
struct DemoInput {
    /// The lines that are not empty, in order.
    let commands: [String]
    /// Where they came from.
    let path: String

    /// Longest line; a request to the control socket must have room for it.
    private static let longestLine = 32 << 10

    /// Reads a file; nil for the one that comes with the tool.
    init(path: String?) throws {
        let path = try path ?? Self.bundledPath
        self.path = path
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ToolError("cannot read the input \(path)", remedy: "name a file that exists and may be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ToolError("the input \(path) is not UTF-8", remedy: "convert it")
        }
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        guard !lines.isEmpty else {
            throw ToolError(
                "the input \(path) holds no commands",
                remedy: "write lines such as \"set K V\", \"add K N\", \"delete K\"")
        }
        if let long = lines.firstIndex(where: { $0.utf8.count > Self.longestLine }) {
            throw ToolError(
                "command \(long + 1) of the input \(path) has more than \(Self.longestLine) bytes",
                remedy: "shorten it")
        }
        commands = lines.map(String.init)
    }

    /// The bundled input lies beside the program, where the package manager puts resources.
    private static var bundledPath: String {
        get throws {
            let name = "swift-hotstuff_KeyValue"
            for bundle in ["\(name).resources", "\(name).bundle"] {
                let path = Bundle.main.bundleURL.appendingPathComponent(bundle).appendingPathComponent("arithmetic.txt")
                if FileManager.default.fileExists(atPath: path.path) { return path.path }
            }
            throw ToolError(
                "the bundled input is not beside the program, in \(name).resources",
                remedy: "name a file with --input, such as Examples/KeyValue/Input/arithmetic.txt")
        }
    }
}
