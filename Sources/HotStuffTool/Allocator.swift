import CPlatform

/// The C library's allocator, of which LMDB has the pages that a transaction writes.
enum Allocator {
    /// Lets this process keep the memory that large transactions give back, up to 256 MiB; called before there is a second
    /// thread.
    ///
    /// Left alone, the allocator returns it to the system, and each transaction gets all of its pages anew, at the cost of
    /// a fault and of clearing each: with payloads of a megabyte and more that takes longer than writing them. Only one
    /// heap can keep it, the process's first: those of other threads go back by 64 MiB whatever is set. Small
    /// allocations have each thread's own store before that heap.
    static func keepFreedMemory() {
        #if canImport(Glibc)
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        #endif
    }
}
