import Dispatch
import Testing

@testable import HotStuff

@Suite("A thread's inbox", .timeLimit(.minutes(1)))
struct InboxTests {
    @Test("hands out everything that is there, in order, and nil once it is closed and empty")
    func order() {
        let inbox = Inbox<Int>()
        for number in 0..<5 { inbox.post(number) }
        inbox.close()
        #expect(!inbox.post(9))
        #expect(inbox.take(waitingUpTo: nil) == [0, 1, 2, 3, 4])
        #expect(inbox.take(waitingUpTo: nil) == nil)
    }

    @Test("refuses offers beyond its bounds, but not the first")
    func bounds() {
        let inbox = Inbox<Int>(items: 3, bytes: 100)
        #expect(inbox.offer(1, bytes: 500))
        #expect(!inbox.offer(2, bytes: 1))
        #expect(inbox.take(waitingUpTo: .zero) == [1])
        #expect(inbox.offer(3, bytes: 60))
        #expect(!inbox.offer(4, bytes: 60))
        #expect(inbox.offer(5, bytes: 40))
        #expect(inbox.offer(6, bytes: 0))
        #expect(!inbox.offer(7, bytes: 0))
    }

    @Test("returns with nothing after its limit, and when it is woken")
    func limit() {
        let inbox = Inbox<Int>()
        #expect(inbox.take(waitingUpTo: .zero) == [])
        #expect(inbox.take(waitingUpTo: .milliseconds(1)) == [])
        inbox.wake()
        #expect(inbox.take(waitingUpTo: nil) == [])
    }

    @Test("passes many items from several threads, some of which must wait for room")
    func throughput() throws {
        let inbox = Inbox<Int>(items: 16)
        let (threads, count) = (4, 5_000)
        for thread in 0..<threads {
            try DedicatedThread.start("test") {
                for number in 0..<count { _ = inbox.put(thread * count + number, bytes: 0) }
            } whenEnded: {
            }
        }
        var next = Array(repeating: 0, count: threads)
        var left = threads * count
        while left > 0, let items = inbox.take(waitingUpTo: .seconds(30)) {
            #expect(items.count <= 16)
            for item in items {
                #expect(item % count == next[item / count])
                next[item / count] += 1
            }
            left -= items.count
        }
        #expect(next == Array(repeating: count, count: threads))
    }

    @Test("closing lets go of those who wait for room")
    func closing() throws {
        let inbox = Inbox<Int>(items: 1)
        inbox.post(1)
        let ended = DispatchSemaphore(value: 0)
        let waiting = Watched<Bool?>(nil)
        try DedicatedThread.start("test") {
            let isTaken = inbox.put(2, bytes: 0)
            waiting.update { $0 = isTaken }
        } whenEnded: {
            ended.signal()
        }
        inbox.close()
        ended.wait()
        #expect(waiting.value == false)
    }

    @Test("timed waits that race with posts lose nothing")
    func timedRace() throws {
        let inbox = Inbox<Int>()
        let count = 20_000
        try DedicatedThread.start("test") {
            for number in 0..<count { inbox.post(number) }
        } whenEnded: {
        }
        var next = 0
        while next < count, let items = inbox.take(waitingUpTo: .nanoseconds(100)) {
            for item in items {
                #expect(item == next)
                next += 1
            }
        }
        #expect(next == count)
    }
}

@Suite("A watched value", .timeLimit(.minutes(1)))
struct WatchedTests {
    @Test("resumes those whose wait is over, in the order of their calls")
    func waits() async throws {
        let value = Watched(0)
        async let three: Int = value.wait { $0 >= 3 ? $0 : nil }
        async let one: Int = value.wait { $0 >= 1 ? $0 : nil }
        for _ in 0..<3 { value.update { $0 += 1 } }
        #expect(try await three >= 3)
        #expect(try await one >= 1)
    }

    @Test("a cancelled wait throws, whether it began or not")
    func cancels() async {
        let value = Watched(0)
        let task = Task { try await value.wait { $0 > 0 ? () : nil } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
