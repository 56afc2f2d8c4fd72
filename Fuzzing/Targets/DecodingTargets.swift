package import HotStuffCore

/// Bytes as messages: every one is refused with an error, or is just what the message that it holds encodes to.
package enum MessageTarget {
    /// Reads a kind, the header's length in two bytes, the header, and takes the rest for the body.
    package static func run(_ bytes: [UInt8]) throws { _ = try message(bytes) }

    /// The message, if there is one.
    package static func message(_ bytes: [UInt8]) throws -> Message? {
        var choices = Choices(bytes)
        let kind = choices.byte()
        let header = choices.take(choices.short())
        let body = choices.rest
        guard let message = try? Message.decode(kind: kind, header: header, body: Payload(bytes: body)) else {
            return nil
        }
        let again = message.encoded()
        let payloads = again.payloads.flatMap { payload in payload.withUnsafeBytes { Array($0) } }
        guard again.kind == kind, again.header == header, payloads == body else {
            throw FuzzFailure("a message of kind \(kind) was decoded from bytes that it does not encode to")
        }
        return message
    }

    /// The bytes that `run` reads a sample from; nil for one that is no message.
    package static func bytes(of sample: GoldenBytes.Sample) -> [UInt8]? {
        guard let kind = sample.kind else { return nil }
        let header = sample.bytes
        return [kind, UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)] + header
            + sample.body
    }
}

/// Bytes as records of the log, likewise.
package enum RecordTarget {
    /// Reads which record, and takes the rest for it.
    package static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let kind = choices.below(4)
        let record = choices.rest
        let span = record.span.bytes
        let again: [UInt8]? =
            switch kind {
            case 0: try? BlockHeader.decode(span).encoded()
            case 1: try? VotingRecord.decode(span).encoded()
            case 2: try? EpochStart.decode(span).encoded()
            default: try? CommitProof.decode(span).encoded()
            }
        guard let again, again != record else { return }
        throw FuzzFailure("record \(kind) was decoded from bytes that it does not encode to")
    }

    /// The bytes that `run` reads a sample from, taken for each of the records.
    package static func bytes(of sample: GoldenBytes.Sample) -> [[UInt8]] { (0..<4).map { [$0] + sample.bytes } }
}

/// Bytes as messages that a verifier looks at, whose signature scheme takes every second signature for good.
///
/// So that what comes after a signature check is looked at too.
package struct VerifierTarget {
    private let verifier: Verifier
    private let chainID: [UInt8]
    private let sender: ValidatorKey

    /// A verifier of a chain of four validators.
    package init() throws {
        let genesis = try FuzzedChain.genesis()
        verifier = Verifier(genesis: genesis, scheme: EverySecondSignature()) { $0.count != 3 }
        chainID = genesis.chainID.bytes
        sender = genesis.validators.members[0].key
    }

    /// Reads a message as `MessageTarget` does, and shows it to the verifier.
    package func run(_ bytes: [UInt8]) throws {
        guard let message = try MessageTarget.message(bytes) else { return }
        _ = try? verifier.verify(message, from: sender)
    }

    /// The bytes that `run` reads a sample from, on the verifier's chain.
    package func bytes(of sample: GoldenBytes.Sample) -> [UInt8]? {
        var sample = sample
        for place in sample.fields.indices {
            if sample.fields[place].name.hasSuffix("chainID") { sample.fields[place].bytes = chainID }
            if sample.fields[place].name.hasSuffix("epoch") {
                sample.fields[place].bytes = Array(repeating: 0, count: 8)
            }
        }
        return MessageTarget.bytes(of: sample)
    }

    private struct EverySecondSignature: SignatureScheme {
        func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool {
            signature.bytes[63] & 1 == 0
        }
    }
}

/// The chain that targets play on.
package enum FuzzedChain {
    /// Four validators of equal power.
    package static func genesis() throws -> Genesis {
        let keys = (0..<4).compactMap { ValidatorKey(bytes: [$0] + Array(repeating: 5, count: 31)) }
        return Genesis(
            chainName: "fuzz", validators: try ValidatorSet(keys.map { Validator(key: $0, power: 1) }))
    }
}
