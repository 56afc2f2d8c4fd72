#if os(Linux)
import Testing

@testable import HotStuff

@Suite("Which cores a thread may run on", .timeLimit(.minutes(1)))
struct ThreadCoresTests {
    /// What `body` comes to on a thread of its own, whose cores are nobody else's concern.
    private func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async throws -> T {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
            do {
                try DedicatedThread.start("test") {
                    continuation.resume(returning: body())
                } whenEnded: {
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    @Test("a thread that is bound to a core has that one alone, and others keep theirs")
    func bound() async throws {
        let all = ThreadCores.available
        let last = try #require(all.last)
        let found = try await onThread {
            try? ThreadCores.bind(to: [last])
            return ThreadCores.available
        }
        #expect(found == [last])
        #expect(ThreadCores.available == all)
    }

    @Test("so is a core that there is not among others that there are")
    func partlyRefused() async throws {
        let first = try #require(ThreadCores.available.first)
        let found = try await onThread {
            do {
                try ThreadCores.bind(to: [first, ThreadCores.limit - 1])
                return nil as String?
            } catch {
                return "\(error)"
            }
        }
        #expect(found?.contains("\(ThreadCores.limit - 1)") == true)
    }

    @Test(
        "cores that there are not are refused, and the thread stays where it was",
        arguments: [[], [ThreadCores.limit - 1], [-1]])
    func refused(cores: [Int]) async throws {
        let all = ThreadCores.available
        let found = try await onThread {
            do {
                try ThreadCores.bind(to: cores)
                return (nil as [Int]?, ThreadCores.available)
            } catch {
                return ((error as? ThreadCores.Refused)?.cores, ThreadCores.available)
            }
        }
        #expect(found.0 == cores)
        #expect(found.1 == all)
    }
}
#endif
