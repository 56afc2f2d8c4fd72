import Foundation
import HotStuff
import Testing

@testable import HotStuffTool

extension ProcessTests {
    /// The control socket, and what it says to whoever does not keep to its language.
    struct ControlSocketTests {
        @Test func garbageIsAnsweredByAnErrorAndDoesNoHarm() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            try cluster.start(0)
            try cluster.wait("it leads") { cluster.leader == 0 }
            let path = cluster.network.members[0].socketPath
            var facts = stat()
            #expect(lstat(path, &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o600, "only this user may connect")

            let lines: [[UInt8]] = [
                Array("hello".utf8), [], [0xff, 0xfe, 0x00], Array("submit 1 -1 set a b".utf8),
                Array("submit 1".utf8), Array("watch 99999999999999999999".utf8), Array("marks x".utf8),
            ]
            for line in lines {
                let answer = try ask(path, line + [UInt8(ascii: "\n")])
                guard case .refused(let refusal) = answer else {
                    Issue.record("answered \(answer)")
                    continue
                }
                #expect(refusal.code == .malformed)
            }
            let answer = try ask(path, [UInt8](repeating: UInt8(ascii: "x"), count: 100_000))
            guard case .refused = answer else { throw Wrong(answer: "\(answer)") }
            guard case .picture(let picture) = try ask(path, Array("status\n".utf8)) else { throw Wrong(answer: "") }
            #expect(picture.isLeader)
            #expect(try cluster.stop() == [0: .exit(0)])
        }

        @Test func aCommandExecutesOnceHoweverOftenItIsSent() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            try cluster.start(0)
            try cluster.wait("it leads") { cluster.leader == 0 }
            let path = cluster.network.members[0].socketPath
            let command = line(.submit(CommandID(client: 7, sequence: 1), "add k 5"))

            let first = try ask(path, command)
            let second = try ask(path, command)

            guard case .command(let result) = first else { throw Wrong(answer: "\(first)") }
            #expect(result.reply == "5")
            #expect(second == first, "the reply is remembered, with its height")
            try cluster.waitForAgreement(on: 1)
        }

        @Test func whoeverWatchesIsToldOfAChangeThoughAnotherHasSeenItFirst() throws {
            let directory = try TestDirectory()
            let cluster = try Cluster.make(1, in: directory)
            try cluster.start(0)
            try cluster.wait("it leads") { cluster.leader == 0 }
            let path = cluster.network.members[0].socketPath
            guard case .picture(let before) = try ask(path, line(.status)) else { throw Wrong(answer: "") }
            let watcher = try send(line(.watch(after: before.revision)), to: path)

            let command = try ask(path, line(.submit(CommandID(client: 7, sequence: 1), "add k 5")))
            guard case .picture = try ask(path, line(.status)) else { throw Wrong(answer: "") }

            guard case .command(let result) = command else { throw Wrong(answer: "\(command)") }
            guard case .picture(let seen) = try answer(from: watcher) else { throw Wrong(answer: "") }
            #expect(seen.revision > before.revision && seen != before)
            guard case .picture(let now) = try ask(path, line(.watch(after: 0))) else { throw Wrong(answer: "") }
            #expect(now.machine.height >= (result.height ?? .max))
        }

        private func line(_ request: ControlRequest) -> [UInt8] { Array((request.line + "\n").utf8) }

        /// Sends bytes over a connection of their own, and reads one line.
        private func ask(_ path: String, _ bytes: [UInt8]) throws -> ControlAnswer {
            try answer(from: try send(bytes, to: path))
        }

        private func send(_ bytes: [UInt8], to path: String) throws -> LineChannel {
            let channel = LineChannel(try UnixSocket.connect(to: path))
            var unsent = bytes[...]
            while !unsent.isEmpty {
                let count = unsent.withUnsafeBytes { write(channel.descriptor.number, $0.baseAddress, $0.count) }
                try #require(count > 0, "the socket takes no more")
                unsent = unsent.dropFirst(count)
            }
            return channel
        }

        private func answer(from channel: LineChannel) throws -> ControlAnswer {
            var answer: ControlAnswer?
            while answer == nil {
                var polled = [pollfd(fd: channel.descriptor.number, events: Int16(POLLIN), revents: 0)]
                try #require(poll(&polled, 1, 20_000) == 1, "no answer")
                try channel.receive { line in answer = try answer ?? ControlAnswer(line: line) }
                if answer == nil, channel.end != nil { throw Wrong(answer: "disconnected") }
            }
            return try #require(answer)
        }

        private struct Wrong: Error { let answer: String }
    }
}
