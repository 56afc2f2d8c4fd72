#if os(Linux)
internal import CPlatform
#endif
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Which of the system's cores a thread may run on.
///
/// A thread begins with the cores of the one that started it, and so does a process; what is bound here holds for the
/// calling thread alone, and for what it starts from then on.
package enum ThreadCores {
    /// Cores have numbers from 0 up to, and not including, this.
    package static let limit = 1_024

    /// The system has not done it.
    package struct Refused: Error, Hashable, CustomStringConvertible {
        /// The cores that were named.
        package let cores: [Int]
        /// The system's reason.
        package let description: String
    }

    #if os(Linux)
    private static let wordBits = UInt.bitWidth

    /// Lets the calling thread run on these cores alone.
    ///
    /// - Throws: `Refused`, if this machine lacks one of them, or does not let this process use it.
    package static func bind(to cores: [Int]) throws(Refused) {
        var words = [UInt](repeating: 0, count: limit / wordBits)
        for core in cores where (0..<limit).contains(core) { words[core / wordBits] |= 1 << UInt(core % wordBits) }
        guard platform_bind_thread(words, limit / 8) == 0 else {
            throw Refused(cores: cores, description: String(cString: strerror(errno)))
        }
        // The system takes a set of which it has a part, and says nothing of the rest.
        let lacking = Set(cores).subtracting(available).sorted()
        guard lacking.isEmpty else { throw Refused(cores: cores, description: "there is no core \(lacking[0]) here") }
    }

    /// The cores that the calling thread may run on, in order; none if the system does not tell.
    package static var available: [Int] {
        var words = [UInt](repeating: 0, count: limit / wordBits)
        guard platform_thread_cores(&words, limit / 8) >= 0 else { return [] }
        return (0..<limit).filter { words[$0 / wordBits] >> UInt($0 % wordBits) & 1 == 1 }
    }
    #else
    /// Fails: this system leaves it to itself where a thread runs.
    package static func bind(to cores: [Int]) throws(Refused) {
        throw Refused(cores: cores, description: "this system does not bind threads to cores")
    }

    /// None: the system does not tell.
    package static var available: [Int] { [] }
    #endif
}
