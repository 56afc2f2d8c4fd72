import HotStuff
import Testing

@testable import HotStuffTool

/// The demo's numbered commands.
struct FeedTests {
    @Test func nothingIsSentWhileNobodyLeads() {
        var feed = Feed(["a", "b"])
        #expect(feed.takeRequests() == [])
    }

    @Test func commandsAreSentOnceToOneLeaderInOrder() {
        var feed = Feed(["a", "b"])
        feed.turn(to: 0)
        #expect(feed.takeRequests() == [submit(1, "a"), submit(2, "b")])
        #expect(feed.takeRequests() == [])
    }

    @Test func aNewLeaderIsSentWhatIsUnansweredFromTheFirstOn() {
        var feed = Feed(["a", "b", "c"])
        feed.turn(to: 0)
        _ = feed.takeRequests()
        feed.take(result(1))
        feed.take(result(1))
        feed.turn(to: 2)
        #expect(feed.takeRequests() == [submit(2, "b"), submit(3, "c")])
        #expect(feed.resentCount == 2)
        #expect(feed.answeredCount == 1)
    }

    @Test func itIsDoneWhenAllAreAnsweredByWhomever() {
        var feed = Feed(["a", "b"])
        feed.turn(to: 0)
        _ = feed.takeRequests()
        feed.turn(to: nil)
        feed.take(result(2))
        #expect(!feed.isDone)
        feed.take(result(1))
        #expect(feed.isDone)
    }

    @Test func answersToOthersAndToNothingAreLeftAside() {
        var feed = Feed(["a"])
        feed.take(.init(client: 2, sequence: 1, reply: "ok", height: 1))
        feed.take(result(0))
        feed.take(result(.max))
        #expect(feed.answeredCount == 0)
    }

    private func submit(_ sequence: UInt64, _ command: String) -> ControlRequest {
        .submit(CommandID(client: 1, sequence: sequence), command)
    }

    private func result(_ sequence: UInt64) -> ControlAnswer.CommandResult {
        .init(client: 1, sequence: sequence, reply: "ok", height: 3)
    }
}
