/// Protocol §2, *Forgetting*: how a replica that may have lost records comes to sign again.
///
/// What it signed in the time that it has forgotten is of views up to `m + 1`, where `m` is the highest view that a
/// quorum of the others can prove. So it signs nothing up to there, and what others certified above tells it all that
/// its own votes promised.
extension Consensus {
    /// Whether this replica may have signed what it does not remember, and therefore signs nothing.
    var hasForgotten: Bool { record.forgetting?.forbidsSigning ?? false }

    /// Whether this replica may sign what binds it: votes, timeouts and proposals.
    ///
    /// Suspicions bind to nothing, so a replica that has forgotten still says that it sees no progress; as a leader it
    /// hands its view over that way.
    var maySign: Bool { me != nil && !hasForgotten }

    /// Whether a signature in `view` with this replica's key may be its own though its record does not know it.
    ///
    /// Were it not asked, the first old certificate would stop a replica that has done nothing wrong. Above `m + 1` a
    /// signature that the record lacks still does: its key is in use elsewhere.
    func mayHaveForgotten(signing view: View) -> Bool { record.forgetting?.covers(view) ?? false }

    // MARK: - Asking

    /// Takes up where the record says that this replica was.
    mutating func beginRecalling() {
        guard let forgetting = record.forgetting, forgetting.forbidsSigning, me != nil else { return }
        emit(.event(.forgetting(forgetting)))
        guard recall != nil else { return }
        recall?.due = now + Recall.patience
        noteRemembering()
    }

    /// Asks one that has just connected.
    mutating func askToRecall(_ peer: ValidatorKey) {
        guard let recall, recall.unanswered.contains(peer) else { return }
        emit(.send(.recallRequest(RecallRequest(nonce: recall.nonce)), to: [peer]))
    }

    /// Asks again those that have not answered, or could not.
    mutating func advanceRecalling() {
        guard let recall, let due = recall.due, due <= now else { return }
        self.recall?.due = now + Recall.patience
        emit(.send(.recallRequest(RecallRequest(nonce: recall.nonce)), to: recall.unanswered))
    }

    /// Takes in an answer; what it proves counts whatever else comes of it.
    mutating func receive(_ answer: RecallAnswer) {
        guard recall != nil, answer.recollection.epoch <= epoch.epoch else { return }
        take(answer.recollection.highQC)
        if let entry = answer.recollection.entry { take(entry) }
        recall?.add(answer, epoch: epoch.epoch)
        noteRemembering()
        guard !isHalted, let bound = recall?.bound else { return }
        recall = nil
        record.forgetting = .bounded(by: bound)
        emit(.event(.forgetting(.bounded(by: bound))))
        signAgainIfDue()
        _ = write([.record(record)])
        tryToVote()
    }

    /// Says when so many have forgotten that no quorum is left to ask; nothing but a new chain leads on from there.
    private mutating func noteRemembering() {
        guard let power = recall?.rememberingPower, recall?.saidRemembering != power else { return }
        recall?.saidRemembering = power
        guard !epoch.validators.isQuorum(power: power) else { return }
        emit(.event(.tooManyForgot(remembering: power, total: epoch.validators.totalPower)))
    }

    // MARK: - Signing again

    /// Signs again from a view above `m + 1` on; asked when a view is entered, and when the bound becomes known.
    ///
    /// Such a view was opened by a timeout certificate of view `m + 1` or a higher one, or there is a certificate of it;
    /// `highQC` has taken that in before, so no timeout from here on reports less than this replica's votes took in.
    /// Any signature waits for a record that says so: writes become durable in their order.
    mutating func signAgainIfDue() {
        guard case .bounded(let bound) = record.forgetting, record.view > bound.next || !keeps(.forgottenViews) else {
            return
        }
        record.forgetting = .over(bound: bound)
        emit(.event(.forgetting(.over(bound: bound))))
    }

    // MARK: - Answering

    /// Answers one that has forgotten, once all that the answer says is durable.
    ///
    /// The view must not be below any that this replica has signed in: so it is that of the newest record, and not
    /// what was durable when the question came. Only a validator can have forgotten a signature that counts; an answer to
    /// anybody else would be a write and a signature for a stranger.
    mutating func answer(_ request: RecallRequest, from peer: ValidatorKey) {
        guard me != nil, peer != configuration.key, epoch.validators.index(of: peer) != nil,
            !recollecting.contains(peer)
        else { return }
        recollecting.append(peer)
        let recollection = Recollection(
            epoch: epoch.epoch, view: record.view, entry: record.entry, highQC: record.highQC,
            hasForgotten: hasForgotten)
        durability.await(
            write([.record(record)]), then: .recollect(recollection, nonce: request.nonce, to: peer))
    }

    /// What is said is durable.
    mutating func tell(_ recollection: Recollection, nonce: Nonce, to peer: ValidatorKey) {
        recollecting.removeAll { $0 == peer }
        emit(.sign(.recallAnswer(recollection, nonce: nonce), to: [peer]))
    }
}
