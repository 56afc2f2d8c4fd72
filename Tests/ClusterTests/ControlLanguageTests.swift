import BatchExchange
import Testing

@testable import HotStuff
@testable import HotStuffTool

/// The control socket's lines, without a socket.
struct ControlLanguageTests {
    static let requests: [ControlRequest] = [
        .status, .watch(after: 17), .marks(after: Height(3)), .accounts(ofLast: 7),
        .load(proposeMicroseconds: 1_500, executeMicroseconds: 60_000_000),
        .market(blocks: 12, seed: .max), .open, .proposals(from: 1_000),
        .submit(CommandID(client: .max, sequence: 9), "set k a value  with  spaces"),
    ]

    @Test(arguments: requests)
    func aRequestIsReadAsItWasWritten(_ request: ControlRequest) throws {
        #expect(try ControlRequest(line: Array(request.line.utf8)) == request)
    }

    static let answers: [ControlAnswer] = [
        .command(.init(client: 1, sequence: 2, reply: "a \"quoted\"\nreply", height: 3)),
        .command(.init(client: 1, sequence: 2, reply: nil, height: nil)),
        .refused(.init(code: .notLeader, reason: "another leads", client: 1, sequence: 2)),
        .marks(
            Marks(marks: [.init(height: 1, committed: 2), .init(height: 3, committed: 4)])),
        .load(.init(propose: .microseconds(1_500), execute: .seconds(60))),
        .accounts(AccountsPage(BlockAccounts())), .market(blocks: 12),
        .proposals([.init(times: .init(clock: 1, processor: 2, queued: 3), transactions: 4, digest: "05")]),
    ]

    @Test(arguments: answers)
    func anAnswerIsReadAsItWasWritten(_ answer: ControlAnswer) throws {
        let line = answer.line
        #expect(!line.contains("\n"))
        #expect(try ControlAnswer(line: Array(line.utf8)) == answer)
    }

    @Test(arguments: [
        Application.keyValue, .storedKeyValue, .speculativeKeyValue,
        .synthetic(.init(propose: .milliseconds(20), execute: .microseconds(1_500), payload: .bytes(4_096))),
        .verifiedExchange(blockSize: 1_000, accounts: 200),
    ])
    func anApplicationIsReadAsItWasWritten(_ application: Application) throws {
        #expect(try Application(application.values) == application)
    }

    @Test(arguments: [
        ["kind": "abacus"], ["kind": "key-value", "payloadBytes": "1"],
        ["kind": "synthetic", "proposeMilliseconds": "-1"], ["kind": "synthetic", "proposeMilliseconds": "nan"],
        ["kind": "synthetic", "payloadBytes": "0"], ["kind": "verified-exchange", "accounts": "1"],
        ["kind": "verified-exchange", "blockTransactions": "1000001"],
    ])
    func anApplicationThatCannotBeIsAnError(values: [String: String]) {
        #expect(throws: ToolError.self) { try Application(values) }
    }

    @Test func jsonKeepsTheOrderAndEscapesWhatItMust() {
        let value: JSON = [
            "b": 1, "a": .array(["x\"\\\n\u{1}"]), "n": .rounded(1.0 / 3, digits: 3), "z": .number(.nan),
        ]
        #expect(value.text == #"{"b":1,"a":["x\"\\\n\u0001"],"n":0.333,"z":null}"#)
    }
}
