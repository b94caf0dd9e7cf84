import EventSourcing
import Foundation

/// What a client is told, read by Foundation's JSON parser.
enum Answer {
    case recorded(RecordedCalls)
    /// By a command that was carried out, now or before; `settings` are those after it.
    case changed(position: Int64, isDuplicate: Bool, settings: KnownSettings?)
    case usage(KnownUsage)
    case settings(KnownSettings)
    case pong
    /// The id came with other content before.
    case idReused
    case versionMismatch(actual: Int64)
    /// There is no such org or workspace yet.
    case notFound
    /// The deadline passed, and nothing was done.
    case notDone
    /// The deadline passed, or the log failed; it may have been done, or may yet be.
    case mayBeDone
    /// The server is stopping, or the log failed; nothing was done.
    case unavailable

    /// The last position that it rests on, which must be durable.
    var position: Int64? {
        switch self {
        case .recorded(let recorded): recorded.last
        case .changed(let position, _, _): position
        case .usage(let usage): usage.position
        case .settings(let settings): settings.position
        case .versionMismatch(let actual): actual
        case .pong, .idReused, .notFound, .notDone, .mayBeDone, .unavailable: nil
        }
    }

    /// Whether the request was carried out.
    var isDone: Bool {
        switch self {
        case .recorded, .changed, .usage, .settings, .pong: true
        case .idReused, .versionMismatch, .notFound, .notDone, .mayBeDone, .unavailable: false
        }
    }
}

struct RecordedCalls: Equatable {
    var first: Int64
    var last: Int64
    var duplicates: Int
    var tier: String?
}

struct KnownSettings: Hashable {
    var workspace: String
    var version: Int64
    /// Nil where none was set.
    var limit: Int64?
    var position: Int64
}

struct KnownUsage {
    var workspace: String
    var asOf: Timestamp
    var position: Int64
    /// The answer as it came.
    var members: [String: Any]
}

/// One answer: what it is the answer to, and what it says.
struct AnswerLine {
    /// Nil where the line that it answers could not be read.
    var serial: Int?
    private let result: [String: Any]?
    private let error: [String: Any]?

    /// All answers of a line: one, or those of a batch.
    static func all(in line: [UInt8]) throws -> [AnswerLine] {
        let json = try JSONSerialization.jsonObject(with: Data(line))
        if let batch = json as? [[String: Any]] { return try batch.map(AnswerLine.init) }
        guard let object = json as? [String: Any] else { throw Violation(description: "an answer is no object") }
        return [try AnswerLine(object)]
    }

    private init(_ object: [String: Any]) throws {
        serial = object["id"] as? Int
        (result, error) = (object["result"] as? [String: Any], object["error"] as? [String: Any])
        try demand((result == nil) != (error == nil), "an answer has both result and error, or neither")
    }

    /// Whether a line says that the server is stopping.
    static func isUnavailable(_ object: [String: Any]) -> Bool {
        let data = (object["error"] as? [String: Any])?["data"] as? [String: Any]
        return data?["status"] as? String == "UNAVAILABLE"
    }

    /// Whether it says that a line could not be read.
    var isUnreadable: Bool { serial == nil && [-32_700, -32_600].contains(error?["code"] as? Int) }

    func answer(to request: Request) throws -> Answer {
        if let error { return try AnswerLine.refusal(error) }
        guard let result, let answer = AnswerLine.answer(result, to: request) else {
            throw Violation(description: "cannot be an answer to \(request): \(result ?? [:])")
        }
        return answer
    }

    private static func refusal(_ error: [String: Any]) throws -> Answer {
        let data = error["data"] as? [String: Any] ?? [:]
        switch data["status"] as? String {
        case "ALREADY_EXISTS": return .idReused
        case "NOT_FOUND": return .notFound
        case "UNAVAILABLE": return data["outcome"] as? String == "unknown" ? .mayBeDone : .unavailable
        case "DEADLINE_EXCEEDED": return data["outcome"] as? String == "not_done" ? .notDone : .mayBeDone
        case "ABORTED":
            if let actual = data["actual"] as? Int64 { return .versionMismatch(actual: actual) }
        default: break
        }
        throw Violation(description: "nobody can have been refused like this: \(error)")
    }

    private static func answer(_ result: [String: Any], to request: Request) -> Answer? {
        switch request {
        case .record(let calls):
            return recorded(result, count: calls.count).map(Answer.recorded)
        case .update, .configure:
            guard let position = result["position"] as? Int64, let isDuplicate = result["duplicate"] as? Bool else {
                return nil
            }
            let known = (result["settings"] as? [String: Any]).flatMap(settings)
            return .changed(position: position, isDuplicate: isDuplicate, settings: known)
        case .usage(let workspace):
            guard let asOf = (result["as_of"] as? String).flatMap({ Timestamp($0) }),
                let position = result["position"] as? Int64
            else { return nil }
            return .usage(KnownUsage(workspace: workspace, asOf: asOf, position: position, members: result))
        case .settings:
            return settings(result).map(Answer.settings)
        case .ping:
            return result["time"] is String ? .pong : nil
        }
    }

    private static func recorded(_ result: [String: Any], count: Int) -> RecordedCalls? {
        guard let first = result["position"] as? Int64 else { return nil }
        let tier = result["tier"] as? String
        if let isDuplicate = result["duplicate"] as? Bool {
            let duplicates = isDuplicate ? 1 : 0
            return RecordedCalls(first: first, last: first, duplicates: duplicates, tier: tier)
        }
        guard let last = result["last_position"] as? Int64, let recorded = result["recorded"] as? Int,
            let duplicates = result["duplicates"] as? Int, recorded + duplicates == count
        else { return nil }
        return RecordedCalls(first: first, last: last, duplicates: duplicates, tier: tier)
    }

    private static func settings(_ result: [String: Any]) -> KnownSettings? {
        guard let workspace = result["workspace"] as? String, let version = result["version"] as? Int64,
            let position = result["position"] as? Int64
        else { return nil }
        return KnownSettings(
            workspace: workspace,
            version: version,
            limit: result["limit_set"] as? Int64,
            position: position
        )
    }
}
