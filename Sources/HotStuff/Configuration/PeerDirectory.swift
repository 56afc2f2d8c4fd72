/// Where replicas accept peers, by who they are.
public struct PeerDirectory: Sendable, Hashable {
    /// The address of each replica that is known; this replica's own may be among them.
    public var endpoints: [ValidatorKey: Endpoint]

    /// A directory of these addresses.
    public init(_ endpoints: [ValidatorKey: Endpoint] = [:]) { self.endpoints = endpoints }

    /// The address of the replica with `key`; nil if it is not known.
    public subscript(key: ValidatorKey) -> Endpoint? {
        get { endpoints[key] }
        set { endpoints[key] = newValue }
    }
}
