import ArgumentParser
import Foundation
import HotStuff
import HotStuffStorage

/// `hotstuff log list`: committed blocks, one a line.
struct LogListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List committed blocks, the oldest first.")

    @OptionGroup var place: LogPlace

    @Option(help: ArgumentHelp("Where to begin; without it, so that the tip is the last.", valueName: "height"))
    var from: UInt64?

    @Option(help: ArgumentHelp("How many blocks to list at most.", valueName: "count"))
    var count: UInt64 = 20

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count is 1 to 1000000") }
    }

    func run() throws {
        try output.check()
        let reader = try place.open().reader()
        let tip = reader.tip.height.rawValue
        let first = max(reader.firstHeight.rawValue, from ?? (tip + 1 - min(tip + 1, count)))
        var (rows, lines): ([JSON], [String]) = ([], [])
        for height in first..<max(first, min(tip + 1, first.addingReportingOverflow(count).partialValue)) {
            guard let header = try reader.header(at: Height(height)) else { continue }
            rows.append(header.summary)
            lines.append(
                "\(height)  \(header.hash.hexadecimalText)  view \(header.view)  \(header.payloadLength) bytes")
        }
        try output.publish(["blocks": .array(rows)], human: lines.joined(separator: "\n"))
    }
}

/// `hotstuff log show`: one block.
struct LogShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a committed block.")

    @Argument(help: "The block's height.")
    var height: UInt64

    @OptionGroup var place: LogPlace

    @Option(help: ArgumentHelp("Write the payload to a file.", valueName: "file"))
    var payload: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.check()
        let reader = try place.open().reader()
        guard let block = try reader.block(at: Height(height)) else {
            throw ToolError(
                "the log holds no committed block at height \(height)",
                remedy: "choose one from \(reader.firstHeight) to \(reader.tip.height)")
        }
        if let payload {
            let bytes = block.payload.withUnsafeBytes { Data($0) }
            try bytes.write(to: URL(fileURLWithPath: payload))
        }
        let header = block.header
        let justify = header.justify
        let human = [
            "height    \(header.height), view \(header.view), index \(header.index), epoch \(header.epoch)",
            "hash      \(block.hash.hexadecimalText)", "parent    \(header.parent.hexadecimalText)",
            "certifies height \(justify.height), \(justify.signatures.count) signatures",
            "payload   \(header.payloadLength) bytes, digest \(header.payloadDigest.hexadecimalText)",
        ]
        try output.publish(header.summary, human: human.joined(separator: "\n"))
    }
}

extension BlockHeader {
    /// What a block says of itself, as programs read it.
    fileprivate var summary: JSON {
        [
            "height": .height(height), "hash": .string(hash.hexadecimalText), "parent": .string(parent.hexadecimalText),
            "epoch": .integer(Int(clamping: epoch.rawValue)), "view": .integer(Int(clamping: view.rawValue)),
            "index": .integer(Int(clamping: index)), "certifies": .height(justify.height),
            "signatures": .integer(justify.signatures.count), "payload_bytes": .integer(Int(clamping: payloadLength)),
            "payload_digest": .string(payloadDigest.hexadecimalText),
        ]
    }
}
