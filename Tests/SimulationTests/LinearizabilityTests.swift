import Testing

/// The checker itself, on histories that are short enough to be seen through.
@Suite struct LinearizabilityTests {
    private typealias Call = TimedCall<IDRegister.Operation>

    @Test func oneWinnerIsExplained() {
        let calls = [
            Call(operation: .repeated(content: 1, position: 7), called: 1, returned: 5),
            Call(operation: .win(content: 1, position: 7), called: 2, returned: 4),
            Call(operation: .lose(content: 2), called: 3, returned: 6),
        ]
        #expect(Linearizability.holds(calls, from: IDRegister()))
    }

    @Test func twoWinnersAreNot() {
        let calls = [
            Call(operation: .win(content: 1, position: 7), called: 1, returned: 4),
            Call(operation: .win(content: 1, position: 8), called: 2, returned: 5),
        ]
        #expect(!Linearizability.holds(calls, from: IDRegister()))
    }

    @Test func whoWasAnsweredBeforeTheWinnerAskedCannotHaveRepeatedIt() {
        let calls = [
            Call(operation: .repeated(content: 1, position: 7), called: 1, returned: 2),
            Call(operation: .win(content: 1, position: 7), called: 3, returned: 4),
        ]
        #expect(!Linearizability.holds(calls, from: IDRegister()))
    }

    @Test func whatWasNotAnsweredMayHaveWon() {
        let calls = [
            Call(operation: .unknown(content: 1), called: 1, returned: nil),
            Call(operation: .repeated(content: 1, position: 7), called: 3, returned: 4),
            Call(operation: .lose(content: 2), called: 5, returned: 6),
        ]
        #expect(Linearizability.holds(calls, from: IDRegister()))
        #expect(!Linearizability.holds(Array(calls.dropFirst()), from: IDRegister()))
    }

    @Test func aRepeatNamesThePositionOfTheWinner() {
        let calls = [
            Call(operation: .win(content: 1, position: 7), called: 1, returned: 2),
            Call(operation: .repeated(content: 1, position: 8), called: 3, returned: 4),
        ]
        #expect(!Linearizability.holds(calls, from: IDRegister()))
    }

    // MARK: Expected versions

    private typealias Settings = TimedCall<SettingsRegister.Operation>

    private static func update(_ limit: Int64, expecting version: Int64?, id: String? = nil) -> SettingsUpdate {
        SettingsUpdate(workspace: "sales", limit: limit, expectedVersion: version, id: id)
    }

    @Test func ofTwoWhoExpectOneVersionOneIsRefused() {
        let first = Settings(
            operation: .change(Self.update(10, expecting: 0), position: 3),
            called: 1,
            returned: 4
        )
        let won = Settings(operation: .change(Self.update(20, expecting: 0), position: 5), called: 2, returned: 6)
        let lost = Settings(operation: .refused(Self.update(20, expecting: 0), actual: 3), called: 2, returned: 6)
        #expect(Linearizability.holds([first, lost], from: SettingsRegister()))
        #expect(!Linearizability.holds([first, won], from: SettingsRegister()))
    }

    @Test func aReaderSeesTheVersionOfAChangeThatWasNotAnswered() {
        let change = Settings(
            operation: .change(Self.update(10, expecting: 0, id: "a"), position: nil),
            called: 1,
            returned: nil
        )
        let read = Settings(operation: .read(version: 3, limit: 10), called: 2, returned: 3)
        let again = Settings(
            operation: .repeated(Self.update(10, expecting: 0, id: "a"), position: 3),
            called: 4,
            returned: 5
        )
        #expect(Linearizability.holds([change, read, again], from: SettingsRegister()))
        #expect(!Linearizability.holds([read, again], from: SettingsRegister()))
        let stale = Settings(operation: .read(version: 0, limit: nil), called: 4, returned: 5)
        #expect(!Linearizability.holds([change, read, stale], from: SettingsRegister()))
    }
}
