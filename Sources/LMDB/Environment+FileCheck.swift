#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Environment {
    /// Finds out whether the data file is still the one that was opened, and whole.
    ///
    /// LMDB's map of a file that was cut off ends the process when it is read; and what is written to a file that has no
    /// name any more goes with the process.
    ///
    /// - Parameter isWriter: look at the name too, and end the environment if something is wrong.
    /// - Throws: kind ``LMDBError/Kind/fileChanged``.
    func checkFile(isWriter: Bool) throws(LMDBError) {
        guard let flaw = fileFlaw(isWriter: isWriter) else { return }
        let error = LMDBError(
            kind: .fileChanged, code: EIO, message: "\(OpenStore.dataFileName) \(flaw)", operation: "fstat", path: path)
        if isWriter { gate.markDead(error) }
        throw error
    }

    private func fileFlaw(isWriter: Bool) -> String? {
        // Before the look, not after: another thread may see the file grow in between.
        let largest = fileSize.load(ordering: .acquiring)
        var opened = stat()
        guard fstat(pages.number, &opened) == 0 else {
            return "cannot be looked at: \(String(cString: strerror(errno)))"
        }
        let size = UInt64(max(0, opened.st_size))
        fileSize.max(size, ordering: .acquiringAndReleasing)
        guard size >= largest else { return "was cut off to \(size) bytes, of \(largest), while it was open" }
        guard isWriter else { return nil }
        var named = stat()
        guard fstatat(directory, OpenStore.dataFileName, &named, 0) == 0 else {
            let reason = String(cString: strerror(errno))
            return opened.st_nlink > 0 ? "is not at its place any more: \(reason)" : "was removed while it was open"
        }
        return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
            ? nil : "was replaced by another file while it was open"
    }
}
