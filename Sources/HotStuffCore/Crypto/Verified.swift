/// A value whose signatures and certificates were checked, or that this replica signed itself; only the verifier and
/// the signer of this module make one.
public struct Verified<Value: Sendable>: Sendable {
    /// What was checked.
    public let value: Value
    /// Hashes of blocks in it whose payload the state machine does not accept; this replica does not vote for them.
    public let refused: [Digest]

    init(_ value: Value, refused: [Digest] = []) {
        self.value = value
        self.refused = refused
    }
}
