internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Environment {
    /// Closes the environment, once its transactions have ended, and puts another data file in the place of its own: the
    /// next to open the directory finds that one.
    ///
    /// One step, durable on return: whoever is killed meanwhile leaves the one file or the other. The directory stays
    /// this process's own until it is done.
    ///
    /// - Parameter file: a closed and synced environment's data file, on the same file system; it is moved.
    /// - Throws: kinds ``LMDBError/Kind/system``, ``LMDBError/Kind/readOnly``; the environment is closed all the same.
    ///   Not to be called within a transaction of the environment (traps), nor after it was closed (throws).
    public func close(replacingDataFileBy file: String) throws(LMDBError) {
        guard options.access != .readOnly else {
            throw LMDBError(
                kind: .readOnly, code: EACCES, message: "the environment was opened for reading only",
                operation: "rename", path: path)
        }
        var result: Result<Void, LMDBError>?
        gate.close {
            do throws(LMDBError) {
                result = .success(try replaceDataFile(by: file))
            } catch { result = .failure(error) }
            endStore()
        }
        guard let result else { throw error(for: .closed, "rename") }
        try result.get()
    }

    /// While LMDB still has the old file open, and nobody uses it.
    private func replaceDataFile(by file: String) throws(LMDBError) {
        guard rename(file, "\(path)/\(OpenStore.dataFileName)") == 0 else {
            throw LMDBError(code: errno, operation: "rename \(file)", path: path)
        }
        // Tools that still read the old file share its table of readers, which tells of transactions of the old file.
        guard unlink("\(path)/\(OpenStore.lockFileName)") == 0 || errno == ENOENT else {
            throw LMDBError(code: errno, operation: "unlink \(OpenStore.lockFileName)", path: path)
        }
        try FileDescriptor.sync(directory, store: path)
    }
}
