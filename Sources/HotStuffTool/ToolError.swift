/// What went wrong with a command of the tool: one sentence that names the thing, one that says what to do.
struct ToolError: Error, Sendable, CustomStringConvertible {
    /// What is wrong.
    let message: String
    /// The way out.
    let remedy: String

    /// An error of these two sentences, without full stops.
    init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    /// Both on one line, whatever the parts contain.
    var description: String {
        "\(message): \(remedy)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
