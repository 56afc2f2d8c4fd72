/// What a pacemaker is given: the replica's leading face without the replica, so that pacing does not keep it alive.
struct ReplicaProposer: Proposer {
    let calls: ProposeCalls
    let board: Watched<TenureBoard>
    let lead: Watched<LeadBook>
    let clock: ReplicaClock

    func doPropose(waitingUpTo limit: Duration?, ifEmpty policy: EmptyBufferPolicy) async throws -> Proposed {
        try await calls.propose(.payload(ifEmpty: policy), deadline: limit.map { clock.now + $0 })
    }

    func doEmptyPropose() async throws -> Proposed { try await calls.propose(.nudge, deadline: nil) }

    func waitForQuorumCertificate(on proposed: Proposed) async throws -> Bool {
        let answer: Bool? = try await board.wait { board in
            if let answer = board.isCertified(proposed) { return .some(answer) }
            return board.isOver ? .some(nil) : nil
        }
        guard let answer else { throw ProposeError.notRunning }
        return answer
    }

    func hasRoom(within limit: LeadLimit) -> Bool { lead.value.hasRoom(within: limit) }

    func waitForRoom(within limit: LeadLimit) async throws {
        let isOver: Bool = try await lead.wait { book in
            if book.isOver { return true }
            return book.hasRoom(within: limit) ? false : nil
        }
        if isOver { throw ProposeError.notRunning }
    }

    var quorumPace: Duration? { lead.value.pace }

    var tenures: Tenures { Tenures(board) }
}
