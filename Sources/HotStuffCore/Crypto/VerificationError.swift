/// Why a message was not taken in, and from whom it came.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the message.
    public let fault: VerificationFault
    /// The peer that sent it; whoever else is to blame, `fault` names.
    public let sender: ValidatorKey

    /// A fault in a message from `sender`.
    public init(fault: VerificationFault, sender: ValidatorKey) {
        self.fault = fault
        self.sender = sender
    }

    /// One line for an event.
    public var description: String { "message from \(sender): \(fault)" }
}

/// What may be wrong with a message that decodes; each is a rule of protocol §§1–6 that it breaks.
public enum VerificationFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sender's chain is another one.
    case otherChain(Digest)
    /// The sender speaks none of the versions spoken here.
    case noCommonVersion(oldest: UInt16, newest: UInt16)
    /// The epoch's validators are not known here, or no longer: the only fault that may be nobody's.
    case unknownEpoch(Epoch)
    /// A message or block of the first epoch carries a certificate of the second.
    case epochsDiffer(Epoch, Epoch)
    /// No validator of the epoch has this index.
    case unknownSigner(UInt16, Epoch)
    /// A signature is not this validator's.
    case badSignature(by: ValidatorKey)
    /// Signers are not distinct and in the order of their indices.
    case signersOutOfOrder
    /// The signers are no quorum.
    case noQuorum(power: UInt64, total: UInt64)
    /// A certificate without signatures that is not the epoch's genesis certificate.
    case notGenesis(Epoch)
    /// A timeout certificate reports a rank of a view above the one that it ends.
    case rankAboveView(View)
    /// A timeout certificate's quorum certificate is not of the highest rank that it reports.
    case notHighestReported
    /// A certificate that ends no view is given as what opens one.
    case noRotation(View)
    /// What opens a view comes with a block or a hello of another view, or in a block that is not its view's first.
    case misplacedEntry(View)
    /// There are more than a limit allows, or none where there must be some.
    case badCount(what: String, count: Int, limit: Int)
    /// A block that is not its predecessor's child, or not of its chain, epoch or view.
    case brokenChain(at: Height)
    /// A payload longer than the chain allows.
    case payloadTooLong(UInt64, at: Height)
    /// A block's certificate is not on a lower height.
    case badJustify(at: Height)
    /// A block that changes validators, or closes an epoch, and does more than that.
    case badChange(at: Height)
    /// A commit proof that proves nothing, and why.
    case badProof(String)
    /// Committed blocks that do not begin with the one that their proof proves.
    case notProven(at: Height)
    /// Evidence of two runs that do not conflict.
    case noConflict
    /// A replica says to be in a view, and what it gives as proof is of another.
    case unprovenView(View)

    /// One line that names the fault.
    public var description: String {
        switch self {
        case .otherChain(let chain): "it is of another chain, \(chain)"
        case .noCommonVersion(let oldest, let newest): "it speaks versions \(oldest) to \(newest) only"
        case .unknownEpoch(let epoch): "the validators of epoch \(epoch) are not known here"
        case .epochsDiffer(let epoch, let other): "a certificate of epoch \(other) in what is of epoch \(epoch)"
        case .unknownSigner(let index, let epoch): "epoch \(epoch) has no validator \(index)"
        case .badSignature(let key): "a signature that is not that of \(key)"
        case .signersOutOfOrder: "signers that are not distinct and in order"
        case .noQuorum(let power, let total): "signers with power \(power) of \(total) are no quorum"
        case .notGenesis(let epoch): "a certificate without signatures that is not the first of epoch \(epoch)"
        case .rankAboveView(let view): "a timeout certificate of view \(view) reports a rank of a view above it"
        case .notHighestReported: "a timeout certificate whose certificate is not the highest that it reports"
        case .noRotation(let view): "a certificate that does not end view \(view) is said to do so"
        case .misplacedEntry(let view): "what opens another view comes with view \(view), or not with its first block"
        case .badCount(let what, let count, let limit): "\(count) \(what) where the limit is \(limit)"
        case .brokenChain(let height): "the block at height \(height) does not follow from the one before it"
        case .payloadTooLong(let length, let height): "a payload of \(length) bytes at height \(height)"
        case .badJustify(let height): "the certificate in the block at height \(height) is not on an ancestor's height"
        case .badChange(let height): "the block at height \(height) changes validators and does more than that"
        case .badProof(let why): "a commit proof that proves nothing: \(why)"
        case .notProven(let height): "the block at height \(height) is not the one that its proof proves"
        case .noConflict: "evidence of two runs that do not conflict"
        case .unprovenView(let view): "it says to be in view \(view), and proves another"
        }
    }
}
