import HotStuffSimulator
import Testing

/// What `ContractCheck` says of good machines, and of machines with one mistake each.
struct ContractCheckTests {
    @Test func aMachineThatKeepsItsContractPasses() throws {
        try ContractCheck().run(seeds: 0..<50, Summing.maker())
    }

    @Test func aMachineThatAppliesCommandsPasses() throws {
        try ContractCheck().run(seeds: 0..<20, { Register() }) { random in
            "k\(Int.random(in: 0..<5, using: &random)) \(Int.random(in: 0..<100, using: &random))"
        }
    }

    /// Each is found within ten seeds, and named.
    @Test(
        arguments: [
            (.forgottenRollBack, "a roll back"),
            (.shortRollBack, "a roll back that kept"),
            (.greedyRollBack, "says that it kept"),
            (.committedTwice, "commit(_:) changed the state"),
            (.committedOutOfOrder, "a roll back"),
            (.unappliedProposal, "propose() left another state than executing its block does"),
            (.nothingButSomething, "propose() returned nil, and changed the state"),
            (.nondeterminism, "propose() left another state than executing its block does"),
            (.ownBlocksOnly, "propose() left another state than executing its block does"),
            (.throwsAtStrangers, "execute(_:) threw Strange()"),
            (.lossyEncoding, "propose() left another state than executing its block does"),
            (.emptyEncoding, "encode(_:) gave no bytes"),
            (.refusingDecoding, "decode(_:) refuses what encode(_:) gave"),
            (.changingValidation, "validate(_:) changed the state"),
            (.refusesItsOwn, "validate(_:) refuses what propose() made on the same state: bad luck"),
            (.shortRecovery, "recover(from:) left another state"),
            (.noDigest, "stateDigest is nil"),
            (.nothingToPropose, "never had anything to propose"),
        ] as [(Summing.Mistake, String)])
    func aMistakeIsNamed(_ mistake: Summing.Mistake, _ complaint: String) {
        let failure = #expect(throws: SimulationFailure.self) {
            try ContractCheck().run(seeds: 0..<10, Summing.maker(mistake))
        }
        #expect(failure?.description.contains(complaint) == true, "\(failure?.description ?? "")")
    }

    @Test func everyMistakeIsInTheTable() {
        // All but `none`: what is not in the table above would not be looked for.
        #expect(Summing.Mistake.allCases.count == 19)
    }

    @Test func aMachineThatAcceptsWhatItCannotDecodeIsNamed() {
        let failure = #expect(throws: SimulationFailure.self) {
            try ContractCheck().run(seeds: 0..<10) { _ in Gullible() }
        }
        #expect(failure?.description.contains("accepts(_:) and decode(_:) disagree") == true)
    }

    @Test func aFailureNamesItsSeedAndIsTheSameAgain() {
        func failure() -> SimulationFailure? {
            #expect(throws: SimulationFailure.self) {
                try ContractCheck().run(seeds: 3..<10, Summing.maker(.committedTwice))
            }
        }
        let (first, second) = (failure(), failure())
        #expect(first?.seed == 3)
        #expect(first?.description == second?.description)
        #expect(first?.description.contains("after start with 0 committed, ") == true)
    }
}
