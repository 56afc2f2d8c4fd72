/// What the others have answered to a replica that has forgotten, in this life (protocol §2, *Forgetting*).
///
/// Not durable: after a restart it asks again, by another nonce.
struct Recall: Sendable {
    /// What a member has answered last.
    private enum Answer {
        /// The highest view that it could prove.
        case view(View)
        /// It has itself forgotten, and could prove this view.
        case forgetful(View)
    }

    let nonce: Nonce
    /// When those that have not answered are asked again; nil while nobody is asked.
    var due: Timestamp?
    /// How much power of others may still remember, as it was said last.
    var saidRemembering: UInt64?

    private let validators: ValidatorSet
    private let own: Int
    /// What its own record says; counts only where the rule that it must not is broken.
    private let ownView: View
    private let brokenRule: BrokenRule?
    private var answers: [Answer?]

    /// How long the others have for their answers.
    static let patience = Duration.milliseconds(500)

    /// Answers to the member at index `own`, whose record says that it is in `ownView`.
    init(nonce: Nonce, validators: ValidatorSet, own: Int, ownView: View, brokenRule: BrokenRule?) {
        self.nonce = nonce
        self.validators = validators
        self.own = own
        self.ownView = ownView
        self.brokenRule = brokenRule
        answers = Array(repeating: nil, count: validators.count)
    }

    /// Takes in a verified answer by another member; in place of an earlier one of the same member.
    mutating func add(_ answer: RecallAnswer, epoch: Epoch) {
        guard answer.nonce == nonce || brokenRule == .recallNonce, let member = validators.index(of: answer.signer),
            member != own
        else { return }
        let told = answer.recollection
        // One of an earlier epoch has seen no view of this one; one of a later epoch cannot be told by this one's rules.
        guard told.epoch <= epoch else { return }
        let view = told.epoch == epoch ? told.provenView : View(0)
        answers[member] = told.hasForgotten ? .forgetful(view) : .view(view)
    }

    /// The other members that have not given an answer that counts, in the order of their indices.
    var unanswered: [ValidatorKey] {
        validators.members.indices.filter { $0 != own && counted($0) == nil }.map { validators.members[$0].key }
    }

    /// `m`, the highest view proved by a quorum of the others; nil before a quorum has answered.
    var bound: View? {
        var power: UInt64 = 0
        var highest = View(0)
        for (index, member) in validators.members.enumerated() {
            let isSelf = index == own && brokenRule == .recallOthers
            guard let view = isSelf ? ownView : counted(index) else { continue }
            power += member.power
            highest = max(highest, view)
        }
        let isEnough =
            brokenRule == .recallQuorum ? validators.isOneThird(power: power) : validators.isQuorum(power: power)
        return isEnough ? highest : nil
    }

    /// The power of the other members that may still vouch for their past; if that is no quorum, nobody can help.
    var rememberingPower: UInt64 {
        var power: UInt64 = 0
        for (index, member) in validators.members.enumerated() where index != own {
            if case .forgetful = answers[index] { continue }
            power += member.power
        }
        return power
    }

    /// The view that a member's answer counts for; nil if there is none that counts.
    private func counted(_ index: Int) -> View? {
        switch answers[index] {
        case .view(let view): view
        // It may have lost what it signed to let this replica into its views.
        case .forgetful(let view): brokenRule == .recallFromForgetful ? view : nil
        case nil: nil
        }
    }
}
