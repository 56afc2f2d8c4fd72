@testable import HotStuffCore

/// The format of `Documentation/WireFormat.md` written a second time, naming each field: what makes the vectors
/// readable, and holds the encoder to something that is not itself.
struct WireAnnotated {
    private(set) var lines: [String] = []
    private(set) var bytes: [UInt8] = []
    private var path: [String] = []

    mutating func field(_ name: String, _ value: [UInt8]) {
        let name = (path + [name]).joined(separator: ".")
        let offset = String(bytes.count)
        let digits = value.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        let pad = { (text: String, width: Int) in text + String(repeating: " ", count: max(0, width - text.count)) }
        lines.append("  " + pad(offset, 6) + pad(name, 40) + " " + digits)
        bytes += value
    }

    mutating func within(_ name: String, _ body: (inout Self) -> Void) {
        path.append(name)
        body(&self)
        path.removeLast()
    }

    mutating func number(_ name: String, _ value: UInt64, bytes count: Int = 8) {
        field(name, (0..<count).map { UInt8(value >> (8 * UInt64($0)) & 0xff) })
    }

    mutating func optional<T>(_ name: String, _ value: T?, _ body: (inout Self, T) -> Void) {
        number(name + "?", value == nil ? 0 : 1, bytes: 1)
        if let value { within(name) { body(&$0, value) } }
    }

    mutating func list<T>(_ name: String, _ values: [T], _ body: (inout Self, T) -> Void) {
        number(name + " count", UInt64(values.count), bytes: 4)
        for (place, value) in values.enumerated() { within("\(name)[\(place)]") { body(&$0, value) } }
    }

    mutating func text(_ name: String, _ value: String) {
        number(name + " length", UInt64(value.utf8.count), bytes: 4)
        field(name, Array(value.utf8))
    }

    mutating func tag(_ value: String) {
        field("domain tag", Array(value.utf8) + Array(repeating: 0, count: 16 - value.utf8.count))
    }

    mutating func rank(_ name: String, _ rank: Rank) {
        number(name + ".view", rank.view.rawValue)
        number(name + ".height", rank.height.rawValue)
    }

    mutating func position(_ position: LogPosition) {
        number("height", position.height.rawValue)
        field("block", position.block.bytes)
    }

    mutating func certificate(_ certificate: QuorumCertificate) {
        number("epoch", certificate.epoch.rawValue)
        number("view", certificate.view.rawValue)
        number("height", certificate.height.rawValue)
        number("index", certificate.index)
        field("block", certificate.block.bytes)
        list("signatures", certificate.signatures) { part, signature in
            part.number("signer", UInt64(signature.signer), bytes: 2)
            part.field("signature", signature.signature.bytes)
        }
    }

    mutating func timeoutCertificate(_ certificate: TimeoutCertificate) {
        number("epoch", certificate.epoch.rawValue)
        number("view", certificate.view.rawValue)
        list("reports", certificate.reports) { part, report in
            part.number("signer", UInt64(report.signer), bytes: 2)
            part.rank("rank", report.rank)
            part.field("signature", report.signature.bytes)
        }
        within("highest") { $0.certificate(certificate.highest) }
    }

    mutating func entry(_ entry: ViewEntry) {
        switch entry {
        case .timeout(let certificate):
            number("kind", 1, bytes: 1)
            timeoutCertificate(certificate)
        case .rotation(let certificate):
            number("kind", 2, bytes: 1)
            self.certificate(certificate)
        }
    }

    mutating func validators(_ set: ValidatorSet) {
        list("validators", set.members) { part, member in
            part.field("key", member.key.bytes)
            part.number("power", member.power)
        }
    }

    mutating func header(_ header: BlockHeader) {
        field("chainID", header.chainID.bytes)
        number("epoch", header.epoch.rawValue)
        number("view", header.view.rawValue)
        number("height", header.height.rawValue)
        number("index", header.index)
        field("parent", header.parent.bytes)
        within("justify") { $0.certificate(header.justify) }
        optional("entry", header.entry) { $0.entry($1) }
        optional("closes", header.closes) { $0.position($1) }
        field("payloadDigest", header.payloadDigest.bytes)
        number("payloadLength", header.payloadLength)
        optional("nextValidators", header.nextValidators) { part, change in
            part.validators(change.validators)
            part.number("wishedAt", change.wishedAt.rawValue)
        }
    }

    mutating func proof(_ proof: CommitProof) {
        list("headers", proof.headers) { $0.header($1) }
        within("certificate") { $0.certificate(proof.certificate) }
    }

    mutating func record(_ record: VotingRecord) {
        number("epoch", record.epoch.rawValue)
        optional("lastVoted", record.lastVoted) { part, voted in
            part.number("view", voted.view.rawValue)
            part.number("height", voted.height.rawValue)
            part.number("index", voted.index)
            part.field("block", voted.block.bytes)
        }
        optional("timedOutView", record.timedOutView) { $0.number("view", $1.rawValue) }
        within("highQC") { $0.certificate(record.highQC) }
        number("view", record.view.rawValue)
        optional("entry", record.entry) { $0.entry($1) }
        number("hasLed", record.hasLed ? 1 : 0, bytes: 1)
        optional("forgetting", record.forgetting) { part, state in
            switch state {
            case .asking: part.number("kind", 1, bytes: 1)
            case .bounded(let bound):
                part.number("kind", 2, bytes: 1)
                part.number("bound", bound.rawValue)
            case .over(let bound):
                part.number("kind", 3, bytes: 1)
                part.number("bound", bound.rawValue)
            }
        }
    }

    mutating func epochStart(_ start: EpochStart) {
        number("epoch", start.epoch.rawValue)
        within("genesis") { $0.position(start.genesis) }
        validators(start.validators)
        number("firstLeader", UInt64(start.firstLeader), bytes: 2)
    }
}
