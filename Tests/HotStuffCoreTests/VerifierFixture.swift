// swift-format-ignore-file: NeverForceUnwrap

import Synchronization
import Testing

@testable import HotStuffCore

/// A chain of validators whose keys the test holds, and a verifier of it; validator `i` leads views `i`, `i + n`, ….
struct VerifierFixture {
    let keys: [SigningKey]
    var genesis: Genesis
    let scheme = CountingScheme()

    /// Validators with these powers, in the order of their indices.
    init(powers: [UInt64] = [1, 1, 1, 1], configure: (inout Genesis) -> Void = { _ in }) throws {
        let keys = try powers.indices.map { seed in
            try #require(SigningKey(seed: Array(repeating: UInt8(seed + 1), count: 32)))
        }
        self.keys = keys.sorted { $0.key < $1.key }
        let members = zip(self.keys, powers).map { Validator(key: $0.key, power: $1) }
        genesis = Genesis(chainName: "test", validators: try ValidatorSet(members))
        configure(&genesis)
    }

    var start: EpochStart { genesis.firstEpoch }
    var chainID: Digest { genesis.chainID }
    var genesisCertificate: QuorumCertificate { .genesis(of: Epoch(0), at: genesis.genesisPosition) }

    func verifier(accepts: @escaping @Sendable (Payload) -> Bool = { _ in true }) -> Verifier {
        Verifier(genesis: genesis, scheme: scheme, accepts: accepts)
    }

    func sign(_ statement: Statement, by signer: Int) -> Signature { keys[signer].sign(statement, chainID: chainID) }

    /// A child of `parent` at the next height, with the given place in its view.
    func block(
        on parent: Block? = nil, view: UInt64 = 0, index: UInt64? = nil, justify: QuorumCertificate? = nil,
        entry: ViewEntry? = nil, payload: [UInt8] = [], change: (inout BlockHeader) -> Void = { _ in }
    ) -> Block {
        let parentHeader = parent?.header ?? genesis.genesisHeader
        let payload = Payload(bytes: payload)
        let isSameView = parent != nil && parentHeader.view == View(view)
        var header = BlockHeader(
            chainID: chainID, epoch: Epoch(0), view: View(view), height: Height(parentHeader.height.rawValue + 1),
            index: index ?? (isSameView ? parentHeader.index + 1 : 0), parent: parentHeader.hash,
            justify: justify ?? genesisCertificate, entry: entry, closes: nil, payloadDigest: payload.digest,
            payloadLength: UInt64(payload.count), nextValidators: nil)
        change(&header)
        return Block(header: header, payload: payload)!
    }

    /// A proposal of a run, signed by the leader of its view, or by another.
    func proposal(_ blocks: [Block], by signer: Int? = nil) -> Message {
        .proposal(Proposal(blocks: blocks, signature: signature(on: blocks.map(\.header), by: signer)))
    }

    func signature(on headers: [BlockHeader], by signer: Int? = nil) -> Signature {
        let last = headers.last ?? genesis.genesisHeader
        let leader = Int(last.view.rawValue % UInt64(keys.count))
        return sign(.proposal(last, hash: last.hash), by: signer ?? leader)
    }

    func signedHeaders(_ blocks: [Block], by signer: Int? = nil) -> SignedHeaders {
        let headers = blocks.map(\.header)
        return SignedHeaders(headers: headers, signature: signature(on: headers, by: signer))
    }

    /// The votes of `signers` for `block` as a certificate.
    func certificate(on block: Block, signers: [Int] = [0, 1, 2]) -> QuorumCertificate {
        let bare = QuorumCertificate(
            epoch: block.header.epoch, view: block.view, height: block.height, index: block.header.index,
            block: block.hash, signatures: [])
        return with(bare, signers.map { .init(signer: UInt16($0), signature: sign(.vote(for: bare), by: $0)) })
    }

    /// The certificate with other signatures.
    func with(_ certificate: QuorumCertificate, _ signatures: [IndexedSignature]) -> QuorumCertificate {
        QuorumCertificate(
            epoch: certificate.epoch, view: certificate.view, height: certificate.height, index: certificate.index,
            block: certificate.block, signatures: signatures)
    }

    /// The timeouts of `signers`, who report these ranks, as a certificate.
    func timeouts(
        of view: UInt64, _ reports: [(signer: Int, rank: Rank)], highest: QuorumCertificate
    ) -> TimeoutCertificate {
        TimeoutCertificate(
            epoch: Epoch(0), view: View(view),
            reports: reports.map {
                TimeoutReport(
                    signer: UInt16($0.signer), rank: $0.rank,
                    signature: sign(.timeout(epoch: Epoch(0), view: View(view), rank: $0.rank), by: $0.signer))
            }, highest: highest)
    }

    /// A timeout certificate in which 0, 1 and 2 report `highest`.
    func timeouts(of view: UInt64, highest: QuorumCertificate) -> TimeoutCertificate {
        timeouts(of: view, [0, 1, 2].map { ($0, highest.rank) }, highest: highest)
    }

    func vote(for block: Block, by signer: Int, index: Int? = nil) -> Vote {
        let header = block.header
        let statement = Statement.vote(
            epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: block.hash)
        return Vote(
            epoch: header.epoch, view: header.view, height: header.height, index: header.index, block: block.hash,
            signer: UInt16(index ?? signer), signature: sign(statement, by: signer),
            report: VoteReport(executed: .genesis, room: 0, stateDigest: nil))
    }

    /// Why a new verifier does not take a message; nil if it does.
    func fault(in message: Message) -> VerificationFault? { verifier().fault(in: message, from: keys[0].key) }
}

extension Verifier {
    /// Why this verifier does not take a message; nil if it does.
    func fault(in message: Message, from sender: ValidatorKey) -> VerificationFault? {
        do {
            _ = try verify(message, from: sender)
            return nil
        } catch {
            #expect(error.sender == sender)
            #expect(!error.description.isEmpty)
            return error.fault
        }
    }
}

/// Ed25519 that counts how often it is asked.
final class CountingScheme: SignatureScheme {
    private let scheme = Ed25519()
    private let asked = Atomic<Int>(0)

    func verify(_ signature: Signature, of message: [UInt8], by key: ValidatorKey) -> Bool {
        asked.add(1, ordering: .relaxed)
        return scheme.verify(signature, of: message, by: key)
    }

    /// How often it was asked since this was read last.
    func takeCount() -> Int { asked.exchange(0, ordering: .relaxed) }
}
