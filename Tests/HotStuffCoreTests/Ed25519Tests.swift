import Testing

@testable import HotStuffCore

/// Which signatures count is a part of the protocol, down to the malformed ones (`Vectors/ed25519.txt`).
struct Ed25519Tests {
    @Test(arguments: Ed25519.edgeCases.indices)
    func theLibraryJudgesEdgeCasesAsTheTableDoes(place: Int) {
        let edgeCase = Ed25519.edgeCases[place]
        #expect(edgeCase.verdict(of: Ed25519()) == edgeCase.isAccepted, "\(edgeCase.name)")
    }

    @Test func theSelfTestPasses() throws { try Ed25519.selfTest() }

    @Test func theTableIsThatOfTheVectors() throws {
        let cases = Ed25519.edgeCases.map { edgeCase in
            """

            case      \(edgeCase.name)
            key       \(edgeCase.key)
            message   \(edgeCase.message)
            R         \(edgeCase.signature.prefix(64))
            S         \(edgeCase.signature.dropFirst(64))
            verdict   \(edgeCase.isAccepted ? "accept" : "reject")

            """
        }
        try WireVectors.compare(
            "# Which Ed25519 signatures count (Documentation/WireFormat.md). A blank line ends a case.\n"
                + cases.joined(), with: "ed25519.txt")
    }

    @Test func aSeedAlwaysMakesTheSameKeyAndTheSameSignatures() throws {
        let first = try #require(SigningKey(seed: Array(0..<32)))
        let second = try #require(SigningKey(seed: Array(0..<32)))
        #expect(first.key == second.key)
        #expect(first.sign([1, 2, 3]) == second.sign([1, 2, 3]))
        #expect(Ed25519().verify(first.sign([1, 2, 3]), of: [1, 2, 3], by: first.key))
        #expect(!Ed25519().verify(first.sign([1, 2, 3]), of: [1, 2], by: first.key))
    }

    @Test func aSeedHas32Bytes() {
        #expect(SigningKey(seed: Array(0..<31)) == nil)
        #expect(SigningKey(seed: Array(0..<33)) == nil)
        #expect(SigningKey(seed: []) == nil)
    }

    @Test func seedsOfTheSystemDiffer() {
        let (first, second) = (Ed25519.generateSeed(), Ed25519.generateSeed())
        #expect(first.count == 32 && second.count == 32)
        #expect(first != second)
    }

    @Test func aSigningKeyPrintsAsItsPublicKey() throws {
        let key = try #require(SigningKey(seed: Array(0..<32)))
        #expect("\(key)" == "signing key of \(key.key)")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("secret"))
    }

    @Test func hexadecimalTextIsReadStrictly() {
        #expect([UInt8](hexadecimal: "00ffA0") == [0, 255, 160])
        #expect([UInt8](hexadecimal: "") == [])
        #expect([UInt8](hexadecimal: "0") == nil)
        #expect([UInt8](hexadecimal: "0g") == nil)
    }
}
