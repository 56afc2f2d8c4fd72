import Testing

@testable import HotStuffCore

/// What was found good is not checked again; what was not is.
struct VerifierMemoryTests {
    let chain: VerifierFixture
    let verifier: Verifier
    let block: Block

    init() throws {
        chain = try VerifierFixture()
        verifier = chain.verifier()
        block = chain.block()
    }

    @Test func aCertificateIsCheckedOnce() {
        let message = Message.certificate(chain.certificate(on: block))
        #expect(verifier.fault(in: message, from: chain.keys[0].key) == nil)
        #expect(chain.scheme.takeCount() == 3)
        #expect(verifier.fault(in: message, from: chain.keys[1].key) == nil)
        #expect(chain.scheme.takeCount() == 0)
    }

    @Test func aCertificateOfVotesThatWereCheckedCostsNothing() {
        for signer in [0, 1, 2] {
            let vote = Message.vote(chain.vote(for: block, by: signer))
            #expect(verifier.fault(in: vote, from: chain.keys[signer].key) == nil)
        }
        #expect(chain.scheme.takeCount() == 3)
        let certificate = Message.certificate(chain.certificate(on: block))
        #expect(verifier.fault(in: certificate, from: chain.keys[0].key) == nil)
        #expect(chain.scheme.takeCount() == 0)
    }

    @Test func aForgedSignatureBesideRememberedOnesIsFound() {
        let good = chain.certificate(on: block)
        #expect(verifier.fault(in: .certificate(good), from: chain.keys[0].key) == nil)
        let forged = IndexedSignature(signer: 3, signature: good.signatures[0].signature)
        let certificate = chain.with(good, good.signatures + [forged])
        #expect(
            verifier.fault(in: .certificate(certificate), from: chain.keys[0].key)
                == .badSignature(by: chain.keys[3].key))
    }

    @Test func whatIsWrongIsWrongEveryTime() {
        let vote = Message.vote(chain.vote(for: block, by: 0, index: 1))
        for _ in 0..<3 {
            #expect(verifier.fault(in: vote, from: chain.keys[0].key) == .badSignature(by: chain.keys[1].key))
        }
        #expect(chain.scheme.takeCount() == 3)
    }

    @Test func theOldestEntryGivesWay() {
        let memory = VerifiedMemory(capacity: 3)
        let digests = (0..<5).map { Digest(of: [UInt8($0)]) }
        for digest in digests.prefix(3) { memory.insert(digest) }
        memory.insert(digests[0])
        #expect(digests.map(memory.contains) == [true, true, true, false, false])
        memory.insert(digests[3])
        #expect(digests.map(memory.contains) == [false, true, true, true, false])
        memory.insert(digests[4])
        memory.insert(digests[0])
        #expect(digests.map(memory.contains) == [true, false, false, true, true])
    }

    @Test func severalThreadsMayVerifyAtOnce() async {
        let messages = (0..<20).map { place in
            Message.certificate(chain.certificate(on: chain.block(payload: [UInt8(place)])))
        }
        let (verifier, sender) = (verifier, chain.keys[0].key)
        await withTaskGroup(of: Bool.self) { group in
            for message in messages + messages {
                group.addTask { (try? verifier.verify(message, from: sender)) != nil }
            }
            for await isGood in group { #expect(isGood) }
        }
    }
}
