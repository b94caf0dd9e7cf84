/// The pure core of an event-sourced system: decide what a command means, evolve the state by what was decided.
///
/// `decide` refuses or names events and changes nothing. `evolve` believes every event and decides nothing: replaying a
/// log gives the same state always. Neither reads a clock; time comes in as a parameter.
public protocol Decider {
    associatedtype Command
    associatedtype Event
    associatedtype Rejection: Error

    /// What an empty log means.
    static var initial: Self { get }

    /// The events that carrying out the command at `now` means, or the reason why it is refused.
    func decide(_ command: Command, at now: Timestamp) throws(Rejection) -> [Event]

    /// Takes in one event that is, or is about to be, in the log at `position`; `time` is when it was appended.
    mutating func evolve(_ event: Event, at position: LogPosition, time: Timestamp)
}
