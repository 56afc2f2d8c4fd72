/// Protocol §1: when certificates count.
extension Verifier {
    /// Checks a quorum certificate of a known epoch.
    func check(_ certificate: QuorumCertificate) throws(VerificationFault) {
        let start = try start(of: certificate.epoch)
        guard !certificate.isGenesis else {
            guard certificate == .genesis(of: start.epoch, at: start.genesis) else {
                throw .notGenesis(certificate.epoch)
            }
            return
        }
        let name = Digest(of: [1] + certificate.wireBytes)
        guard !certificates.contains(name) else { return }
        let signers = try quorum(certificate.signatures.map(\.signer), in: start, unless: .quorum)
        let preimage = Statement.vote(for: certificate).preimage(chainID: chainID)
        for (signer, member) in zip(signers, certificate.signatures) {
            try check(member.signature, by: signer.key, over: preimage, isRemembered: false)
        }
        certificates.insert(name)
    }

    /// Checks a timeout certificate of a known epoch.
    func check(_ certificate: TimeoutCertificate) throws(VerificationFault) {
        let start = try start(of: certificate.epoch)
        let name = Digest(of: [2] + certificate.wireBytes)
        guard !certificates.contains(name) else { return }
        let signers = try quorum(certificate.reports.map(\.signer), in: start, unless: .timeoutQuorum)
        // Nobody honest reports a certificate of a view that it has not reached; and were the certificate not the
        // highest reported, what a quorum has committed could be hidden from the next view (protocol §9, lemma 2).
        var highest: Rank?
        for report in certificate.reports {
            guard report.rank.view <= certificate.view else { throw .rankAboveView(certificate.view) }
            highest = max(highest ?? report.rank, report.rank)
        }
        guard certificate.highest.epoch == certificate.epoch, certificate.highest.rank == highest else {
            throw .notHighestReported
        }
        for (signer, report) in zip(signers, certificate.reports) {
            let statement = Statement.timeout(epoch: certificate.epoch, view: certificate.view, rank: report.rank)
            try check(
                report.signature, by: signer.key, over: statement.preimage(chainID: chainID), isRemembered: false)
        }
        try check(certificate.highest)
        certificates.insert(name)
    }

    /// Checks what opens a view.
    func check(_ entry: ViewEntry) throws(VerificationFault) {
        switch entry {
        case .timeout(let certificate): try check(certificate)
        case .rotation(let certificate):
            // A genesis certificate has index 0 too, but ends no view.
            guard let limit = viewLimit, !certificate.isGenesis,
                certificate.index == UInt64(limit - 1) || brokenRule == .rotationIndex
            else {
                throw .noRotation(certificate.view)
            }
            try check(certificate)
        }
    }

    /// Checks what is said to open this view.
    func check(_ entry: ViewEntry, opening view: View, of epoch: Epoch) throws(VerificationFault) {
        // Compared with the view before, since the last view there can be is its own next one.
        let ended =
            switch entry {
            case .timeout(let certificate): certificate.view
            case .rotation(let certificate): certificate.view
            }
        guard entry.epoch == epoch, ended == view.previous else { throw .misplacedEntry(view) }
        try check(entry)
    }

    /// Checks what a replica says of itself to one that has forgotten: the view must be just what the certificates prove,
    /// as a claim alone would let one liar keep the asker silent for ever.
    func check(_ answer: RecallAnswer) throws(VerificationFault) {
        let recollection = answer.recollection
        guard recollection.highQC.epoch == recollection.epoch else {
            throw .epochsDiffer(recollection.epoch, recollection.highQC.epoch)
        }
        guard recollection.provenView == recollection.view else { throw .unprovenView(recollection.view) }
        let statement = Statement.recall(
            epoch: recollection.epoch, view: recollection.view, hasForgotten: recollection.hasForgotten,
            nonce: answer.nonce)
        // Not remembered: a nonce is answered once.
        try check(
            answer.signature, by: answer.signer, over: statement.preimage(chainID: chainID), isRemembered: false)
        try check(recollection.highQC)
        if let entry = recollection.entry { try check(entry, opening: recollection.view, of: recollection.epoch) }
    }

    /// The members with these indices, which must be distinct, in order, and a quorum: more than two thirds of power.
    ///
    /// - Parameter broken: the rule that, if it is broken, lets one third do.
    private func quorum(
        _ signers: [UInt16], in start: EpochStart, unless broken: BrokenRule
    ) throws(VerificationFault) -> [Validator] {
        for (lower, higher) in zip(signers, signers.dropFirst())
        where lower >= higher && brokenRule != .distinctSigners {
            throw .signersOutOfOrder
        }
        var members: [Validator] = []
        var power: UInt64 = 0
        for signer in signers {
            guard let member = start.validators[Int(signer)] else { throw .unknownSigner(signer, start.epoch) }
            members.append(member)
            power += member.power  // distinct members, so at most the total
        }
        if brokenRule == .distinctSigners { power = min(power, start.validators.totalPower) }
        let isEnough =
            brokenRule == broken
            ? start.validators.isOneThird(power: power) : start.validators.isQuorum(power: power)
        guard isEnough else {
            throw .noQuorum(power: power, total: start.validators.totalPower)
        }
        return members
    }
}
