import Foundation
import HotStuff

/// Writes down what a replica's peers have signed, a line each, to a file: for tests of what they never do.
///
/// | line | meaning |
/// |---|---|
/// | `block HASH PARENT` | a header was seen |
/// | `vote SIGNER EPOCH VIEW HEIGHT HASH` | the member of that index has signed a vote for that block |
///
/// A vote counts wherever it was seen: alone, or in a certificate that any message carries.
final class Witness: Sendable {
    private let file: Descriptor

    /// Adds to the file at `path`.
    init(writingTo path: String) throws {
        let number = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard number >= 0 else { throw ToolError(system: "cannot write to \(path)") }
        file = Descriptor(number)
    }

    /// A verified message of a peer; on any thread.
    func saw(_ message: Message) {
        var lines = ""
        for header in message.headers {
            lines += "block \(header.hash.hexadecimalText) \(header.parent.hexadecimalText)\n"
        }
        if case .vote(let vote) = message {
            lines += Self.line(vote.signer, vote.epoch, vote.view, vote.height, vote.block)
        }
        for certificate in message.certificates {
            for signature in certificate.signatures {
                lines += Self.line(
                    signature.signer, certificate.epoch, certificate.view, certificate.height, certificate.block)
            }
        }
        // One write a message: whole lines, also if this process is killed.
        if !lines.isEmpty { StandardOutput.write(lines, to: file.number) }
    }

    private static func line(
        _ signer: UInt16, _ epoch: Epoch, _ view: View, _ height: Height, _ block: Digest
    ) -> String {
        "vote \(signer) \(epoch) \(view) \(height) \(block.hexadecimalText)\n"
    }
}

extension Message {
    /// The block headers in it.
    fileprivate var headers: [BlockHeader] {
        switch self {
        case .proposal(let proposal): proposal.blocks.map(\.header)
        case .blocks(let answer): answer.blocks.map(\.header)
        case .commits(.run(let proof, let blocks)): proof.headers + blocks.map(\.header)
        case .evidence(let evidence): evidence.first.headers + evidence.second.headers
        default: []
        }
    }

    /// The certificates in it, those in its headers included.
    fileprivate var certificates: [QuorumCertificate] {
        let own: [QuorumCertificate] =
            switch self {
            case .hello(let hello): [hello.highQC] + (hello.entry.map { [$0.certificate] } ?? [])
            case .certificate(let certificate): [certificate]
            case .timeout(let timeout): [timeout.highQC]
            case .entry(let entry): [entry.certificate]
            case .commits(.run(let proof, _)): [proof.certificate]
            default: []
            }
        return own + headers.flatMap { [$0.justify] + ($0.entry.map { [$0.certificate] } ?? []) }
    }
}
