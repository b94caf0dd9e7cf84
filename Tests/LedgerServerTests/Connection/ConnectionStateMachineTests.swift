import Testing

@testable import LedgerServer

@Suite struct ConnectionStateMachineTests {
    @Test func inputIsLeftUnreadWhileTooMuchIsUnanswered() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 2)
        machine.requestsBegan(2)
        #expect(!machine.mayRead)
        #expect(machine.requestsAnswered(1) == .read)
        #expect(machine.mayRead)
        #expect(machine.requestsAnswered(1) == .none)
    }

    @Test func afterHalfCloseEverythingAskedIsAnsweredBeforeClosing() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.requestsBegan(2)
        #expect(machine.inputClosed() == .none)
        #expect(!machine.takesRequests)
        #expect(machine.requestsAnswered(1) == .none)
        #expect(machine.requestsAnswered(1) == .close)
    }

    @Test func halfCloseOfAnIdleConnectionClosesIt() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        #expect(machine.inputClosed() == .close)
    }

    @Test func aStreamGoesOnAfterHalfClose() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.readerBegan()
        #expect(machine.inputClosed() == .none)
        #expect(machine.readerEnded() == .close)
    }

    @Test func drainingAnswersRequestsButEndsStreams() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.readerBegan()
        machine.requestsBegan(1)
        #expect(machine.drain() == .none)
        #expect(machine.requestsAnswered(1) == .close)
    }

    @Test func closingIsAskedForOnce() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        #expect(machine.drain() == .close)
        #expect(machine.inputClosed() == .none)
        #expect(machine.requestsAnswered(0) == .none)
    }
}

@Suite struct ReplyOrderTests {
    @Test func answersLeaveInTheOrderOfTheirPlaces() {
        var order = ReplyOrder()
        var sent: [[UInt8]] = []
        let places = (0..<3).map { _ in order.takePlace() }
        order.fill(places[1], with: [1]) { sent.append($0) }
        #expect(sent.isEmpty)
        order.fill(places[0], with: [0]) { sent.append($0) }
        #expect(sent == [[0], [1]])
        let later = order.takePlace()
        order.fill(later, with: [3]) { sent.append($0) }
        order.fill(places[2], with: [2]) { sent.append($0) }
        #expect(sent == [[0], [1], [2], [3]])
        #expect(order.isEmpty)
        order.fill(order.takePlace(), with: [4]) { sent.append($0) }
        #expect(sent.last == [4])
    }
}
