import Testing

@testable import LedgerServer

@Suite struct ConnectionStateMachineTests {
    @Test func inputIsLeftUnreadWhileTooMuchIsUnanswered() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 2)
        machine.requestsBegan(2)
        let mayRead = machine.mayRead
        #expect(!mayRead)
        machine.requestsAnswered(1).is(.read)
        machine.requestsAnswered(1).is(.none)
    }

    @Test func afterHalfCloseEverythingAskedIsAnsweredBeforeClosing() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.requestsBegan(2)
        machine.inputClosed().is(.none)
        let takesRequests = machine.takesRequests
        #expect(!takesRequests)
        machine.requestsAnswered(1).is(.none)
        machine.requestsAnswered(1).is(.close)
    }

    @Test func halfCloseOfAnIdleConnectionClosesIt() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.inputClosed().is(.close)
    }

    @Test func aStreamGoesOnAfterHalfClose() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.readerBegan()
        machine.inputClosed().is(.none)
        machine.readerEnded().is(.close)
    }

    @Test func drainingAnswersRequestsButEndsStreams() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.readerBegan()
        machine.requestsBegan(1)
        machine.drain().is(.none)
        machine.requestsAnswered(1).is(.close)
    }

    @Test func closingIsAskedForOnce() {
        var machine = ConnectionStateMachine(requestsInFlightMax: 8)
        machine.drain().is(.close)
        machine.inputClosed().is(.none)
        machine.requestsAnswered(0).is(.none)
    }
}

extension ConnectionStateMachine.Action {
    /// The machine cannot be copied, so it cannot stand inside `#expect`.
    fileprivate func `is`(_ expected: ConnectionStateMachine.Action, _ location: SourceLocation = #_sourceLocation) {
        #expect(self == expected, sourceLocation: location)
    }
}

@Suite struct ReplyOrderTests {
    @Test func answersLeaveInTheOrderOfTheirPlaces() {
        var order = ReplyOrder()
        let places = (0..<3).map { _ in order.takePlace() }
        #expect(order.fill(places[1], with: [1]).map(\.line) == [])
        #expect(order.fill(places[0], with: [0]).map(\.line) == [[0], [1]])
        let later = order.takePlace()
        #expect(order.fill(later, with: [3]).map(\.line) == [])
        #expect(order.fill(places[2], with: [2]).map(\.line) == [[2], [3]])
        #expect(order.fill(order.takePlace(), with: [4]).map(\.line) == [[4]])
    }

    @Test func whatWaitsForAnAnswerComesWithIt() {
        var order = ReplyOrder()
        let first = order.takePlace()
        let second = order.takePlace()
        var isStarted = false
        #expect(order.fill(second, with: [2], whenSent: { isStarted = true }).isEmpty)
        let due = order.fill(first, with: [1])
        #expect(due[0].whenSent == nil)
        due[1].whenSent?()
        #expect(isStarted)
    }
}
