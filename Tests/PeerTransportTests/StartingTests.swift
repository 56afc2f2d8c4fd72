import NIOCore
import Testing

@testable import PeerTransport

@Suite("Starting a network", .timeLimit(.minutes(1)))
struct StartingTests {
    @Test("says which address is in use")
    func portInUse() async throws {
        let one = TestNetwork(1)
        let port = try await one.network.start()
        let two = TestNetwork(2, port: port)
        let endpoint = Endpoint(host: "127.0.0.1", port: port)
        await #expect(throws: PeerNetworkError.addressInUse(endpoint)) { try await two.network.start() }
        #expect("\(PeerNetworkError.addressInUse(endpoint))" == "127.0.0.1:\(port) is in use by another process")
        await one.network.stop()
    }

    @Test("says which address can't be listened at")
    func badAddress() async throws {
        let endpoint = Endpoint(host: "203.0.113.7", port: 1)
        let one = TestNetwork(1) { $0.listen = endpoint }
        let error = await #expect(throws: PeerNetworkError.self) { try await one.network.start() }
        guard case .cannotListen(endpoint, _) = error else {
            Issue.record("\(String(describing: error)) does not name the address")
            return
        }
    }

    @Test("checks the configuration")
    func badConfiguration() async throws {
        let one = TestNetwork(1) { $0.limits.bodyBytes = .max }
        let fault = PeerNetworkError.badConfiguration("headerBytes and bodyBytes together must fit in 32 bits")
        await #expect(throws: fault) { try await one.network.start() }
    }

    @Test("works once")
    func twice() async throws {
        let one = TestNetwork(1)
        try await one.network.start()
        await #expect(throws: PeerNetworkError.alreadyStarted) { try await one.network.start() }
        await one.network.stop()
        await one.network.stop()
        await #expect(throws: PeerNetworkError.alreadyStarted) { try await one.network.start() }
    }

    @Test("gives the port back when stopped")
    func portAgain() async throws {
        let port = ReservedPort.take()
        let one = TestNetwork(1, port: port)
        try await one.network.start()
        await one.network.stop()
        let two = TestNetwork(2, port: port)
        #expect(try await two.network.start() == port)
        await two.network.stop()
    }

    @Test("ends with the last reference, and peers see it")
    func dropping() async throws {
        let two = TestNetwork(2)
        let port = try await two.network.start()
        var one: TestNetwork? = TestNetwork(1, peers: [2: port])
        try await one?.network.start()
        await two.recorder.wait(of: .number(1))
        one = nil
        await two.recorder.wait { $0.events.contains { $0.end(of: .number(1)) != nil } }
        await two.network.stop()
    }
}
