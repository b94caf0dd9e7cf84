import Foundation
import TestSupport
import Testing

@Suite("views.db can be deleted", .ownThreads)
struct ViewsTests {
    enum Mishap: String, CaseIterable {
        case deleted, emptied, cutInHalf, overwritten

        func befall(_ file: String) throws {
            _ = try Shell.run(command(on: file))
        }

        private func command(on file: String) -> String {
            switch self {
            case .deleted: "rm '\(file)'*"
            case .emptied: ": > '\(file)'"
            case .cutInHalf: "truncate --size=$(($(stat --format=%s '\(file)') / 2)) '\(file)'"
            case .overwritten: "head --bytes=100000 /dev/urandom > '\(file)'"
            }
        }
    }

    private static let org = #""org":"acme""#

    /// Calls of three days of the past and of now, and settings that change on the way.
    private func fill(_ server: ServerProcess, _ random: inout SeededRandom) throws {
        let org = ViewsTests.org
        let calls = (0..<400).map { number in
            let at = "2026-01-0\(Int.random(in: 1...3, using: &random))T1\(number % 10):00:00.\(100 + number)Z"
            let workspace = Bool.random(using: &random) ? "support" : "sales"
            let status = [200, 404, 500].randomElement(using: &random) ?? 200
            let caller = #""workspace":"\#(workspace)","integration":"i\#(number % 4)""#
            return #"{"id":"\#(number)","at":"\#(at)",\#(caller),"status":\#(status)}"#
        }
        try server.ask("usage.import", #"{\#(org),"calls":[\#(calls.joined(separator: ","))]}"#)
        for limit in [50, 10, 40] {
            try server.ask("settings.update", #"{\#(org),"workspace":"support","limit":\#(limit)}"#)
            try server.ask("usage.record", #"{\#(org),"workspace":"support","purpose":"inbox","calls":9}"#)
        }
    }

    /// Questions whose answers do not depend on when they are asked.
    private static let questions: [(method: String, params: String)] = {
        let days = #""from":"2026-01-01T00:00:00Z","to":"2026-01-05T00:00:00Z""#
        let now = #""from":"2026-01-01T00:00:00Z","to":"2100-01-01T00:00:00Z","bucket":"day""#
        let instants = ["2026-01-02T12:00:00.312Z", "2026-01-03T10:00:00.100Z", "2026-01-03T23:59:59.999Z"]
        let positions = [1, 200, 401, 403, 405]
        let groupings = [[], ["workspace"], ["workspace", "integration", "purpose", "verb", "resource", "status"]]
        return groupings.map { names in
            let list = names.map { "\"\($0)\"" }.joined(separator: ",")
            return ("usage.history", #"{\#(org),\#(days),"bucket":"hour","group_by":[\#(list)]}"#)
        }
            + [("usage.history", #"{\#(org),\#(now),"group_by":["purpose"]}"#)]
            + instants.map { ("usage.get", #"{\#(org),"workspace":"support","at":"\#($0)"}"#) }
            + positions.map { ("usage.get", #"{\#(org),"workspace":"support","as_of_position":\#($0)}"#) }
    }()

    private func answers(of server: ServerProcess) throws -> [JSON] {
        try ViewsTests.questions.map { try server.answer($0.method, $0.params) }
    }

    @Test("Same answers after the file was lost or spoilt while the server was stopped", arguments: Mishap.allCases)
    func mishap(_ mishap: Mishap) throws {
        var random = SeededRandom()
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let first = try ServerProcess(data)
        try fill(first, &random)
        let before = try answers(of: first)
        for answer in before { #expect(answer.error == .null, "\(answer)") }
        let rows = before[0].result.rows.elements
        #expect(rows.compactMap(\.calls.integer).reduce(0, +) == 400)
        #expect(try first.stop().status == 0)

        try mishap.befall(data + "/views.db")
        let second = try ServerProcess(data)
        // An empty file is one that nobody has begun to fill yet.
        #expect(second.startLog.contains("usage history is made anew") == (mishap != .emptied), "\(second.startLog)")
        #expect(try answers(of: second) == before)
        try second.stop()
    }

    @Test("Same answers when the server was killed and the file deleted, its write-ahead log left behind")
    func killed() throws {
        var random = SeededRandom()
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let first = try ServerProcess(data)
        try fill(first, &random)
        let before = try answers(of: first)
        first.kill()
        try FileManager.default.removeItem(atPath: data + "/views.db")
        let second = try ServerProcess(data)
        #expect(try answers(of: second) == before)
        #expect(try second.ask("projections.verify").equal == true)
        try second.stop()
    }
}
