import Testing

/// A fault that breaks a promise, put into what surrounds the code under test: a simulation that does not notice is worth
/// nothing.
enum Mutant: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// The log says that a block is durable when it is on its way.
    case answerBeforeDurable
    /// The newest durable block is gone after a crash.
    case loseABlockAtCrash
    /// Ids do not come back from the log.
    case forgetIDsAtRestart
    /// The calls of the log count for more after a restart.
    case countDifferentlyAfterRestart
    /// A snapshot holds less than it says.
    case snapshotOfTheStateBefore
    /// A block that the log refused is taken for durable.
    case takeRefusalForSuccess
    /// `expected_version` does not reach the server.
    case ignoreExpectedVersion
    /// A request is carried out twice, and answered once.
    case carryOutTwice
    /// A call is recorded with other content.
    case recordOtherCalls
    /// A second winner of an id: a duplicate is said to be none.
    case denyDuplicates
    /// A question is answered from an older state.
    case answerFromThePast
    /// What was done is said not to have been done.
    case denyWhatWasDone
    /// An answer never comes.
    case dropAnAnswer
    /// An answer comes twice.
    case answerTwice
    /// Two answers change places.
    case swapAnswers
    /// The end of what was asked is not answered behind a half-close.
    case closeTooEarly
    /// A reader gets an event twice.
    case deliverTwice
    /// A reader misses an event.
    case skipAnEvent
    /// A reader gets two events in the wrong order.
    case reorderEvents
    /// A reader gets other bytes than those of the log.
    case changeEventBytes

    var testDescription: String { rawValue }
}
