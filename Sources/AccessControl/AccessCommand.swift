package import EventSourcing

/// What can be asked of access control.
package enum AccessCommand: Hashable, Sendable {
    case create(NewToken)
    case revoke(AccessToken.ID, by: Actor)
    /// What a `RefusalTally` has to say.
    case report(RefusedUse)
    /// The log is to be served though it does not have a head that it had.
    case acceptShorterLog(known: LogHead)
}

/// Why it was refused.
package enum AccessRejection: Error, Hashable, Sendable {
    /// The id is taken; draw another one.
    case idTaken
    /// An admin looks after the whole server.
    case adminOfLessThanEverything
    case expiresInThePast(Timestamp)
    /// There are as many valid tokens as there may be.
    case tokensFull(max: Int)
    case unknownToken(AccessToken.ID)
}
