package import EventSourcing

/// The bounds of access control, each with its unit.
package enum AccessPolicy {
    /// Valid tokens at a time.
    package static let tokensMax = 1_000
    /// Tokens that are remembered, those at an end included; behind them, those that ended first are forgotten.
    package static let heldTokensMax = 2_000
    /// Orgs, or workspaces, that one token may reach.
    package static let scopeNamesMax = 64
    /// Refused uses of one kind are put together for so long.
    package static let refusalPeriod = TimeSpan.minutes(1)
    /// Kinds of refused uses that are told apart in one period.
    package static let refusalKindsMax = 64
    /// Events of refused uses in a day after which kinds are not told apart any more, and periods are longer: however long
    /// somebody goes on, the log grows by little more than so many events a day.
    package static let refusalEventsPerDay = 1_000
    /// A period of a day that has as many.
    package static let floodPeriod = TimeSpan.hours(1)
}
