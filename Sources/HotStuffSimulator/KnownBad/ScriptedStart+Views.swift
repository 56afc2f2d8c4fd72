internal import HotStuffCore

/// Starts about what one view leaves to the next.
///
/// Most hide a commit: the certificate that commits the first block of the view is shown to replica 1 only, which is
/// cut off; then the others are asked to begin the next view at genesis.
extension ScriptedStart {
    /// The first view's chain, on which replica 1 alone sees a block commit.
    private static func hiddenCommit(
        _ stage: Stage, by voters: [Int] = [2, 3], alsoTo others: [Int] = [1]
    ) throws {
        let length = stage.chainLength
        let hidden = try stage.chain(
            of: length, on: nil, view: 0, justify: stage.genesis, by: voters, alsoTo: others)
        stage.show(hidden.certificates[length - 1], to: 1)
        try stage.expectCommitted(hidden.blocks[0], at: 1)
    }

    /// The next view, begun at genesis as if nothing had been certified.
    private static func beginAtGenesis(_ stage: Stage, entry: ViewEntry?) throws {
        let length = stage.chainLength
        let other = try stage.chain(
            of: length, on: nil, view: 1, justify: stage.genesis, entry: entry, by: [2, 3])
        stage.show(other.certificates[length - 1], to: 2)
    }

    /// Rule 1: votes in a view that was given up make a certificate that its timeouts did not report.
    static func votesAfterGivingUp() -> ScriptedStart {
        ScriptedStart(
            name: "votes-after-giving-up",
            summary: "replicas give up a view and are asked to vote in it, before they learn that it is over", views: 2
        ) { stage in
            stage.cut = [1]
            let entry = try stage.giveUp(0, by: [2, 3])
            try hiddenCommit(stage)
            try beginAtGenesis(stage, entry: entry)
        }
    }

    /// The same, with a restart between.
    static func givenUpViewForgotten() -> ScriptedStart {
        ScriptedStart(
            name: "given-up-view-and-restart",
            summary: "replicas give up a view, restart, and are asked to vote in it", views: 2
        ) { stage in
            stage.cut = [1]
            let entry = try stage.giveUp(0, by: [2, 3])
            stage.restart([2, 3])
            try hiddenCommit(stage)
            try beginAtGenesis(stage, entry: entry)
        }
    }

    /// A vote takes in the certificate of what it is for, so that the timeouts report it; rule 4: the first block of the
    /// next view does not lie below what they report.
    static func hiddenFromTheNextView() -> ScriptedStart {
        ScriptedStart(
            name: "commit-and-next-view-at-genesis",
            summary: "a commit that one replica saw; the others give up, and are asked to begin again at genesis",
            views: 2
        ) { stage in
            stage.cut = [1]
            try hiddenCommit(stage)
            try beginAtGenesis(stage, entry: try stage.giveUp(0, by: [2, 3]))
        }
    }

    /// The same, with a restart before they give up.
    static func certificateForgotten() -> ScriptedStart {
        ScriptedStart(
            name: "certificate-and-restart",
            summary: "a commit that one replica saw; the others restart, give up, and begin again at genesis", views: 2
        ) { stage in
            stage.cut = [1]
            try hiddenCommit(stage)
            stage.restart([2, 3])
            try beginAtGenesis(stage, entry: try stage.giveUp(0, by: [2, 3]))
        }
    }

    /// Rule 4: the first block has no entry, so nothing has been given up and nothing reported.
    static func viewWithoutEntry() -> ScriptedStart {
        ScriptedStart(
            name: "view-without-entry", summary: "a commit that one replica saw, and a first block without an entry",
            views: 2
        ) { stage in
            stage.cut = [1]
            try hiddenCommit(stage)
            try beginAtGenesis(stage, entry: nil)
        }
    }

    /// A view ends by a quorum: a third may know nothing of a commit.
    static func thirdOfTimeouts() -> ScriptedStart {
        ScriptedStart(
            name: "third-of-timeouts",
            summary: "a view's end that one replica signed, which has seen nothing of it", views: 2
        ) { stage in
            stage.cut = Stage.honest
            try hiddenCommit(stage, by: [1, 2], alsoTo: [])
            // Replica 2 doubts the view too, else 3 would not give it up, and cannot tell 3 what it has seen.
            stage.exempts = { if case .suspicion = $0 { true } else { false } }
            let entry = try stage.giveUp(0, by: [2, 3], reporters: [3])
            try beginAtGenesis(stage, entry: entry)
        }
    }

    /// §5: over a gap of two views, a certificate that nobody reported may be hidden.
    ///
    /// Two chains in turn, one in the even views and one in the odd, each begun on its own newest certificate, which
    /// outranks what the timeouts report as that is one certificate old.
    static func viewsSkipped() -> ScriptedStart {
        ScriptedStart(
            name: "two-chains-in-turn",
            summary: "two chains grow in every second view each, on certificates that were held back", views: 6
        ) { stage in
            stage.cut = [1]
            let length = stage.chainLength
            var tips: [(block: Block?, certificate: QuorumCertificate)] = [(nil, stage.genesis), (nil, stage.genesis)]
            var entry: ViewEntry?
            var first: Block?
            for view in 0..<UInt64(2 * length - 1) {
                let side = Int(view % 2)
                let next = try stage.chain(
                    of: 1, on: tips[side].block, view: view, justify: tips[side].certificate, entry: entry,
                    tag: UInt8(side), by: [2, 3], alsoTo: side == 0 ? [1] : [])
                tips[side] = (next.blocks[0], next.certificates[0])
                first = first ?? next.blocks[0]
                entry = try stage.giveUp(view, by: [2, 3])
            }
            stage.show(tips[0].certificate, to: 1)
            let end = try stage.chain(
                of: length, on: tips[1].block, view: UInt64(2 * length - 1), justify: tips[1].certificate,
                entry: entry, tag: 1, by: [2, 3])
            stage.show(end.certificates[length - 1], to: 2)
        }
    }

    /// Rule 4: a view of `K` blocks is left after its first, and what was certified later is hidden.
    static func earlyRotation() -> ScriptedStart {
        ScriptedStart(
            name: "early-rotation", summary: "views of L + 1 blocks, and one that begins on its predecessor's first",
            views: 2
        ) { stage in
            stage.cut = [1]
            let length = stage.chainLength
            let whole = try stage.chain(
                of: length + 1, on: nil, view: 0, justify: stage.genesis, by: [2, 3], alsoTo: [1])
            stage.show(whole.certificates[length], to: 1)
            try stage.expectCommitted(whole.blocks[1], at: 1)
            let early = whole.certificates[0]
            let other = try stage.chain(
                of: length, on: whole.blocks[0], view: 1, justify: early, entry: .rotation(early), by: [2, 3])
            stage.show(other.certificates[length - 1], to: 2)
        }.setting { $0.viewLimit = $0.chainLength + 1 }
    }

    /// §6: a certificate of a later view, and nothing else, reaches a replica.
    static func certificateAlone() -> ScriptedStart {
        ScriptedStart(
            name: "certificate-alone", summary: "all that one replica hears of the next view is a certificate of it",
            views: 2
        ) { stage in
            stage.cut = [3]
            let entry = try stage.giveUp(0, by: [1, 2])
            let next = try stage.chain(of: 1, on: nil, view: 1, justify: stage.genesis, entry: entry, by: [1, 2])
            stage.show(next.certificates[0], to: 3)
            stage.world.run(for: .milliseconds(1_500))
        }
    }
}
