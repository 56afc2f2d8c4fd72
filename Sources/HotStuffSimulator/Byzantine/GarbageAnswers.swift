internal import HotStuffCore

/// Answers requests with blocks that nobody asked for, runs with holes, proofs of something else, or nothing.
final class GarbageAnswers: Behaviour {
    let name = "sender of garbage"

    func sends(_ message: Message, to addressees: [ValidatorKey], _ hands: ByzantineHands) -> [Outgoing] {
        switch message {
        case .blocks(let answer): [Outgoing(.blocks(garbled(answer, hands)), to: addressees)]
        case .commits(.run(let proof, let blocks)):
            [Outgoing(.commits(garbled(proof, blocks, hands)), to: addressees)]
        case .hello(let hello): [Outgoing(.hello(boasting(hello, hands)), to: addressees)]
        default: [Outgoing(message, to: addressees)]
        }
    }

    private func garbled(_ answer: BlocksAnswer, _ hands: ByzantineHands) -> BlocksAnswer {
        switch hands.below(4) {
        case 0: BlocksAnswer(blocks: answer.blocks.reversed(), unknown: answer.unknown)
        case 1: BlocksAnswer(blocks: [], unknown: answer.blocks.map(\.hash))
        case 2: BlocksAnswer(blocks: Array(answer.blocks.dropFirst()), unknown: [])
        default:
            BlocksAnswer(
                blocks: answer.blocks.map { block in
                    var header = block.header
                    header.index += 7
                    return Block(header: header, stored: block.payload, hash: header.hash)
                }, unknown: [])
        }
    }

    private func garbled(_ proof: CommitProof, _ blocks: [Block], _ hands: ByzantineHands) -> CommitsAnswer {
        switch hands.below(4) {
        case 0: .nothing(committed: .genesis)
        case 1: .run(proof: proof, blocks: Array(blocks.dropLast()))
        case 2:
            .run(proof: CommitProof(headers: proof.headers.reversed(), certificate: proof.certificate), blocks: blocks)
        default: .prunedBelow(Height(1 << 40))
        }
    }

    private func boasting(_ hello: Hello, _ hands: ByzantineHands) -> Hello {
        var hello = hello
        if hands.chance(perMille: 500) { hello.committed = Height(1 << 50) }
        return hello
    }
}
