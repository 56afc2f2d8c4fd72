internal import HotStuffCore

/// Starts about who votes for what, in one view.
extension ScriptedStart {
    /// Rule 5: two chains from genesis, one replica asked for votes on both.
    static func twoChainsOfOneView() -> ScriptedStart {
        ScriptedStart(
            name: "two-chains-of-one-view",
            summary: "a leader asks one replica to vote for two chains of its view, each with another's help"
        ) { stage in
            stage.cut = Stage.honest
            let length = stage.chainLength
            let one = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, by: [1, 2])
            stage.show(one.certificates[length - 1], to: 1)
            try stage.expectCommitted(one.blocks[0], at: 1)
            let other = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, tag: 1, by: [2, 3])
            stage.show(other.certificates[length - 1], to: 3)
        }
    }

    /// Rule 5: the second chain is certified only above the first one's height.
    static func higherOnAnotherChain() -> ScriptedStart {
        ScriptedStart(
            name: "higher-on-another-chain",
            summary: "a leader asks a replica to vote higher up on a second chain of its view"
        ) { stage in
            stage.cut = Stage.honest
            let length = stage.chainLength
            let one = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, by: [1, 2])
            stage.show(one.certificates[length - 1], to: 1)
            try stage.expectCommitted(one.blocks[0], at: 1)
            var run: [Block] = []
            for _ in 0...length { run.append(stage.block(on: run.last, view: 0, justify: stage.genesis, tag: 1)) }
            stage.propose(run, to: [2, 3])
            let first = try stage.certificate(for: run[length], by: [2, 3])
            let rest = try stage.chain(of: length - 1, on: run[length], view: 0, justify: first, tag: 1, by: [2, 3])
            stage.show(rest.certificates[length - 2], to: 3)
        }
    }

    /// Certificates need a quorum: with a third, two replicas that have nothing in common each commit.
    static func thirdsOfVotes() -> ScriptedStart {
        ScriptedStart(
            name: "thirds-of-votes", summary: "a leader certifies two chains with one other replica's votes each"
        ) { stage in
            stage.cut = Stage.honest
            let length = stage.chainLength
            let one = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, by: [1])
            stage.show(one.certificates[length - 1], to: 1)
            let other = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, tag: 1, by: [3])
            stage.show(other.certificates[length - 1], to: 3)
        }
    }

    /// Certificates need distinct signers: else a leader needs nobody.
    static func oneSignerThrice() -> ScriptedStart {
        ScriptedStart(
            name: "one-signer-thrice", summary: "a leader certifies two chains with its own signature, three times"
        ) { stage in
            stage.cut = Stage.honest
            for (tag, replica) in [(UInt8(0), 1), (1, 3)] {
                var blocks: [Block] = []
                var highest = stage.genesis
                for _ in 0..<stage.chainLength {
                    blocks.append(stage.block(on: blocks.last, view: 0, justify: highest, tag: tag))
                    stage.propose([blocks[blocks.count - 1]], to: [replica])
                    highest = stage.certificate(for: blocks[blocks.count - 1], repeating: 3)
                }
                stage.show(highest, to: replica)
            }
        }
    }

    /// The newest vote must outlive a restart.
    static func voteForgotten() -> ScriptedStart {
        ScriptedStart(
            name: "vote-and-restart", summary: "replicas vote, restart, and are asked to vote for another chain"
        ) { stage in
            stage.cut = Stage.honest
            let length = stage.chainLength
            // At L 2 neither of those who restart meets its own signature then, which would stop it.
            let first = try stage.chain(
                of: 1, on: nil, view: 0, justify: stage.genesis, by: [1, 3], alsoTo: [2])
            let rest = try stage.chain(
                of: length - 1, on: first.blocks[0], view: 0, justify: first.certificates[0], by: [1, 2])
            stage.show(rest.certificates[length - 2], to: 1)
            try stage.expectCommitted(first.blocks[0], at: 1)
            stage.restart([2, 3])
            let other = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, tag: 1, by: [2, 3])
            stage.show(other.certificates[length - 1], to: 3)
        }
    }

    /// A vote leaves after its write: else a crash takes it back.
    static func voteOnItsWayToTheDisk() -> ScriptedStart {
        ScriptedStart(
            name: "vote-on-its-way-to-the-disk",
            summary: "replicas with slow disks are asked for votes, crash, and are asked for votes on another chain"
        ) { stage in
            stage.cut = Stage.honest
            stage.slowDisks(of: [2, 3], times: 1_000)
            let length = stage.chainLength
            let one = try stage.chain(
                of: length, on: nil, view: 0, justify: stage.genesis, by: [2, 3], alsoTo: [1])
            stage.restart([2, 3], keepingWrites: false)
            stage.show(one.certificates[length - 1], to: 1)
            try stage.expectCommitted(one.blocks[0], at: 1)
            stage.slowDisks(of: [2, 3], times: 1)
            let other = try stage.chain(of: length, on: nil, view: 0, justify: stage.genesis, tag: 1, by: [2, 3])
            stage.show(other.certificates[length - 1], to: 3)
        }.setting { $0.writeTime = .always(.milliseconds(1)) }
    }

    /// Rule 3: a certificate of another chain commits a block there, while its own chain goes on.
    static func certificateOffTheChain() -> ScriptedStart {
        ScriptedStart(
            name: "certificate-off-the-chain",
            summary: "a later view's block carries the certificate of a block that it does not extend", views: 4
        ) { stage in
            let length = stage.chainLength
            let hidden = try stage.chain(of: 1, on: nil, view: 0, justify: stage.genesis, by: [1, 2])
            stage.cut = [1]
            let toFirst = try stage.giveUp(0, by: [2, 3])
            let first = try stage.chain(
                of: 1, on: nil, view: 1, justify: stage.genesis, entry: toFirst, by: [2, 3], alsoTo: [1])
            let crossed = try stage.chain(
                of: length - 1, on: first.blocks[0], view: 1, justify: hidden.certificates[0], by: [2, 3],
                alsoTo: [1])
            stage.show(crossed.certificates[length - 2], to: 1)
            try stage.expectCommitted(hidden.blocks[0], at: 1)
            // The chain goes on below its last block, whose certificate would commit the hidden block here too, and
            // after a view without blocks, so that no chain of certificates leads there from above.
            let below = (first.blocks + crossed.blocks)[length - 2]
            let certificate = (first.certificates + crossed.certificates)[length - 2]
            stage.open(try stage.giveUp(1, by: [2, 3]), to: [2, 3])
            stage.world.run(for: .milliseconds(50))
            let toThird = try stage.giveUp(2, by: [2, 3])
            let third = try stage.chain(
                of: length, on: below, view: 3, justify: certificate, entry: toThird, by: [2, 3])
            stage.show(third.certificates[length - 1], to: 3)
        }
    }

    /// Rule 3: however long its certificate stands still, an uncertified chain ends.
    static func endlessChain() -> ScriptedStart {
        ScriptedStart(
            name: "endless-uncertified-chain",
            summary: "maxWindow 4: a leader whose certificate stands still fills a long view and hands it over"
        ) { stage in
            var blocks: [Block] = []
            for _ in 0..<40 { blocks.append(stage.block(on: blocks.last, view: 0, justify: stage.genesis)) }
            for block in blocks {
                stage.propose([block], to: Stage.honest)
                stage.world.run(for: .milliseconds(10))
            }
            stage.show(try stage.certificate(for: blocks[39], by: [2, 3]), to: 1)
        }.setting { settings in
            settings.maxWindow = 4
            settings.viewLimit = 40
            // A machine that keeps up, so that what it has applied shows.
            settings.executeTime = .always(.microseconds(10))
        }
    }
}
