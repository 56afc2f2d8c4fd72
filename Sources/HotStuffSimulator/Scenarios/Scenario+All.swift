extension Scenario {
    /// All scenarios; of four seeds without a name three go to the first one, and the fourth to the others in turn.
    static let all: [Scenario] = [
        swarm, twins, steadyState, votesThatDoNotMeet, resigningLeader, proposingWhileViewIsLost, silentLeader,
        equivocatingLeader, withheldCertificate, hiddenCommit, crashAtEveryWrite, leaderRestart, powerFailure,
        lostVotes, cutsOnDifferentDays, sleptThroughTenViews, certificateAboveView, dripLeader, idle, invalidAncestor,
        rotation, weights, tooManyByzantine, divergence,
        followersAhead, invalidBlocks,
        loneReplica,
        diskLoss, restoredCopy, tooManyForget, liesToTheForgetful, tooManyAmnesiacs,
    ]

    /// Everything at random: `Swarm`.
    static let swarm = Scenario(
        name: "swarm", summary: "random faults of random kinds at random rates, then all is healed and must get on"
    ) { seat in
        var swarm = Swarm()
        swarm.replicas = seat.replicas
        return seat.run(swarm.plan(seed: seat.seed))
    }

    /// The scenario that a seed runs if none is named.
    static func chosen(by seed: UInt64) -> Scenario {
        guard seed % 4 == 3, all.count > 1 else { return all[0] }
        return all[1 + Int(seed / 4 % UInt64(all.count - 1))]
    }
}
