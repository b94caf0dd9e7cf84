import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain
import Testing

@testable import LedgerServer

/// Every refusal as it looks on the wire.
@Suite struct RejectionMappingTests {
    private static let at = Timestamp(milliseconds: 0)
    private static let mapping = MappingKey(object: .lead, intercom: "email")

    private static func json(_ error: RPCError) -> String {
        var writer = JSONWriter()
        writer.value(error)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            (
                .invalid(field: "at", message: "at is wrong"),
                #"{"code":-32602,"message":"Invalid params: at is wrong","data":{"status":"INVALID_ARGUMENT","field":"at"}}"#
            ),
            (
                .unknownOrg("x"),
                #"{"code":5,"message":"there is no org x","data":{"status":"NOT_FOUND","reason":"UNKNOWN_ORG","field":"org"}}"#
            ),
            (
                .unknownWorkspace(org: "x", workspace: "y"),
                #"{"code":5,"message":"there is no workspace y in org x","data":{"status":"NOT_FOUND","reason":"UNKNOWN_WORKSPACE","field":"workspace"}}"#
            ),
            (
                .versionMismatch(expected: LogPosition(3), actual: LogPosition(12)),
                #"{"code":10,"message":"the workspace is at version 12, not 3: read it again","data":{"status":"ABORTED","reason":"VERSION_MISMATCH","field":"expected_version","expected":3,"actual":12}}"#
            ),
            (
                .idReused(id: "a"),
                #"{"code":6,"message":"the id was used before with other parameters","data":{"status":"ALREADY_EXISTS","reason":"ID_REUSED","field":"id"}}"#
            ),
            (
                .beforeHorizon(at: at, horizon: at + .days(1)),
                #"{"code":11,"message":"1970-01-01T00:00:00.000Z is before 1970-01-02T00:00:00.000Z, from when on ids are held: use usage.import","data":{"status":"OUT_OF_RANGE","reason":"BEFORE_HORIZON","field":"at","horizon":"1970-01-02T00:00:00.000Z"}}"#
            ),
            (
                .bulkSyncNotActive(nil),
                #"{"code":9,"message":"no bulk sync was started yet","data":{"status":"FAILED_PRECONDITION","reason":"BULK_SYNC_NOT_ACTIVE","sync":null,"state":null}}"#
            ),
            (
                .unknownBulkSync(4),
                #"{"code":5,"message":"there is no bulk sync 4","data":{"status":"NOT_FOUND","reason":"UNKNOWN_BULK_SYNC","field":"sync"}}"#
            ),
            (
                .unknownMapping(mapping),
                #"{"code":5,"message":"email is not mapped for lead","data":{"status":"NOT_FOUND","reason":"UNKNOWN_MAPPING","field":"intercom"}}"#
            ),
            (
                .salesforceFieldMapped(salesforce: "Email", to: mapping),
                #"{"code":6,"message":"Email of lead is joined to email already","data":{"status":"ALREADY_EXISTS","reason":"SALESFORCE_FIELD_MAPPED","field":"salesforce","intercom":"email"}}"#
            ),
            (
                .attributeDirection(mapping, .salesforceToIntercom),
                #"{"code":6,"message":"email of lead goes salesforce_to_intercom; an attribute goes one way","data":{"status":"ALREADY_EXISTS","reason":"ATTRIBUTE_DIRECTION","field":"direction","object":"lead","direction":"salesforce_to_intercom"}}"#
            ),
            (
                .full(what: "sync_errors", max: 10_000),
                #"{"code":8,"message":"there are 10000 sync errors already, as many as there may be","data":{"status":"RESOURCE_EXHAUSTED","reason":"SYNC_ERRORS_MAX","max":10000}}"#
            ),
            (
                .unknownSyncError(2),
                #"{"code":5,"message":"there is no sync error 2, or it is resolved","data":{"status":"NOT_FOUND","reason":"UNKNOWN_SYNC_ERROR","field":"error"}}"#
            ),
            (
                .retryActive(error: 2),
                #"{"code":9,"message":"a retry of sync error 2 is under way","data":{"status":"FAILED_PRECONDITION","reason":"RETRY_ACTIVE","field":"error"}}"#
            ),
            (
                .noRetryActive(error: 2),
                #"{"code":9,"message":"no retry of sync error 2 is under way","data":{"status":"FAILED_PRECONDITION","reason":"NO_RETRY_ACTIVE","field":"error"}}"#
            ),
            (
                .purposePaused(.bulkSync, tier: .bulkPaused),
                #"{"code":9,"message":"bulk_sync is paused in tier bulk_paused","data":{"status":"FAILED_PRECONDITION","reason":"PURPOSE_PAUSED","purpose":"bulk_sync","tier":"bulk_paused"}}"#
            ),
        ] as [(Rejection, String)]
    )
    func mapsRejections(_ rejection: Rejection, _ expected: String) {
        #expect(Self.json(RPCError(refusing: rejection)) == expected)
    }

    @Test func namesTheCallOfABatch() {
        let error = RPCError(refusing: Rejection.idReused(id: nil), callIndex: 3)
        #expect(error.field == "calls[3].id")
        let invalid = RPCError(refusing: .invalid(field: "at", message: "too late"), callIndex: 0)
        #expect(invalid.field == "calls[0].at")
        #expect(invalid.message == "Invalid params: calls[0]: too late")
    }

    @Test(
        arguments: [
            (HistoryError.positionPastHead(asked: LogPosition(9), head: LogPosition(7)), 11, "PAST_HEAD"),
            (HistoryError.dropped(firstHeld: LogPosition(5)), 11, "DROPPED"),
            (HistoryError.noMomentYet, 11, "EMPTY_LOG"),
            (EventLogError.outOfRange(firstHeld: LogPosition(5)), 11, "DROPPED"),
            (EventLogError.damaged(at: LogPosition(5), reason: "x"), 15, "DAMAGED"),
            (EventLogError.storage("disk full"), 13, "STORAGE"),
            (EventLogError.unexpectedHead(expected: .empty, actual: .empty), -32_603, nil),
            (ServiceError.busy("x"), 14, "BUSY"),
            (ServiceError.stopping, 14, "STOPPING"),
            (ServiceError.interrupted("log.compact"), 14, "INTERRUPTED"),
            (LogFailure(EventLogError.storage("disk full"), mayBeDone: true), 14, "LOG_FAILED"),
            (ServiceError.invalid(field: "path", message: "must be short"), -32_602, nil),
            (Rejection.unknownOrg("x"), 5, "UNKNOWN_ORG"),
            (RPCError(.aborted, "x", reason: "Y"), 10, "Y"),
            (CancellationError(), -32_603, nil),
        ] as [(any Error & Sendable, Int, String?)]
    )
    func mapsWhatWorkOnFilesThrows(_ error: any Error & Sendable, _ code: Int, _ reason: String?) {
        let mapped = RPCError(refusing: error)
        #expect(mapped.code == code)
        #expect(mapped.reason == reason)
    }

    @Test func outcomesWithoutWorkSaySo() {
        #expect(ResultEncoder.call.refusal(.expired)?.status == .deadlineExceeded)
        #expect(ResultEncoder.call.refusal(.unavailable)?.reason == "STOPPING")
        #expect(Self.json(.deadlineExceededBeforeWork).contains(#""outcome":"not_done""#))
        #expect(Self.json(.deadlineExceededDuringWork).contains(#""outcome":"unknown""#))
    }

    @Test(arguments: [(true, "unknown"), (false, "not_done")])
    func whatAFailedLogLeftUnansweredSaysWhyAndWhatIsKnown(_ mayBeDone: Bool, _ outcome: String) throws {
        let failure = LogFailure(EventLogError.storage("the disk failed: disk I/O error"), mayBeDone: mayBeDone)
        let error = try #require(ResultEncoder.call.refusal(.failed(failure)))
        #expect(error.status == .unavailable && error.reason == "LOG_FAILED")
        let json = Self.json(error)
        #expect(json.contains(#""outcome":"\#(outcome)""#))
        #expect(json.contains(#""cause":"the storage refused: the disk failed: disk I/O error""#))
    }
}
