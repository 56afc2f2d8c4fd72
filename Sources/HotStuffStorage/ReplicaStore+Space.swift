public import HotStuffCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension ReplicaStore {
    /// The room that is left to this user on the store's file system; nil if that cannot be told.
    ///
    /// A quota of the user's own is not in it.
    public var freeSpace: ByteCount? { Self.freeSpace(at: directory) }

    /// The room that is left to this user on the file system of `path`; nil if that cannot be told.
    static func freeSpace(at path: String) -> ByteCount? {
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return nil }
        let (bytes, overflow) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
        return .bytes(overflow ? .max : Int(clamping: bytes))
    }
}
