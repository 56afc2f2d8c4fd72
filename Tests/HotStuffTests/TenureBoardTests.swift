import Testing

@testable import HotStuff

@Suite("What is remembered of the views led")
struct TenureBoardTests {
    private let tenure = Tenure(epoch: Epoch(0), view: View(4))

    @Test("a block is certified with any block of its view at its height or above")
    func certified() {
        var board = TenureBoard()
        board.entered(tenure)
        board.leads(tenure)
        board.proposed(in: tenure)
        #expect(board.isCertified(block(at: 7)) == nil)
        board.certified(Height(6), in: tenure)
        #expect(board.isCertified(block(at: 7)) == nil)
        board.certified(Height(9), in: tenure)
        #expect(board.isCertified(block(at: 7)) == true)
        #expect(board.isCertified(block(at: 10)) == nil)
    }

    @Test("what was not certified when the view was lost is not certified; what was, stays so")
    func lost() {
        var board = TenureBoard()
        board.entered(tenure)
        board.proposed(in: tenure)
        board.certified(Height(7), in: tenure)
        board.entered(Tenure(epoch: Epoch(0), view: View(5)))
        #expect(board.isCertified(block(at: 7)) == true)
        #expect(board.isCertified(block(at: 8)) == false)
        #expect(board.current == nil)
    }

    @Test("giving the view up ends the tenure, and entering it again does not")
    func ends() {
        var board = TenureBoard()
        board.leads(tenure)
        board.entered(tenure)
        #expect(board.current == tenure)
        board.gaveUp(View(3))
        #expect(board.current == tenure)
        board.gaveUp(View(4))
        #expect(board.current == nil)
    }

    @Test("only the newest views led are remembered")
    func bounded() {
        var board = TenureBoard()
        for view in 0...UInt64(TenureBoard.remembered) {
            let tenure = Tenure(epoch: Epoch(0), view: View(view))
            board.entered(tenure)
            board.proposed(in: tenure)
            board.certified(Height(view + 1), in: tenure)
        }
        #expect(board.isCertified(block(at: 1, of: 0)) == false)
        #expect(board.isCertified(block(at: 2, of: 1)) == true)
    }

    private func block(at height: UInt64, of view: UInt64 = 4) -> Proposed {
        Proposed(block: .zero, height: Height(height), epoch: Epoch(0), view: View(view), isNudge: false)
    }
}
