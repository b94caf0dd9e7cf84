import EventSourcing
import Foundation
import TestSupport
import Testing

/// The text form of instants, held against Foundation's reading and writing of ISO 8601.
@Suite struct TimestampTextTests {
    private let iso8601 = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private func foundationText(_ timestamp: Timestamp) -> String {
        // Half a millisecond more, because Foundation cuts what a Double cannot hold exactly.
        iso8601.format(Date(timeIntervalSince1970: (Double(timestamp.milliseconds) + 0.5) / 1_000))
    }

    @Test func randomInstantsAreWrittenAsFoundationDoesAndComeBack() throws {
        var random = SeededRandom()
        // Foundation's calendar is Julian before 1582; ours is not.
        let range = -12_000_000_000_000...Timestamp.representable.upperBound.milliseconds
        for _ in 0..<2_000 {
            let timestamp = Timestamp(milliseconds: Int64.random(in: range, using: &random))
            #expect(timestamp.description == foundationText(timestamp))
            #expect(Timestamp(timestamp.description) == timestamp)
        }
    }

    @Test func everyRepresentableInstantComesBack() {
        var random = SeededRandom()
        let range = Timestamp.representable.lowerBound.milliseconds...Timestamp.representable.upperBound.milliseconds
        for _ in 0..<2_000 {
            let timestamp = Timestamp(milliseconds: Int64.random(in: range, using: &random))
            #expect(Timestamp(timestamp.description) == timestamp)
            #expect(timestamp.description.utf8.count == Timestamp.textLength)
        }
    }

    @Test func textsSortAsInstantsDo() {
        var random = SeededRandom()
        let range = Timestamp.representable.lowerBound.milliseconds...Timestamp.representable.upperBound.milliseconds
        let timestamps = (0..<200).map { _ in Timestamp(milliseconds: Int64.random(in: range, using: &random)) }
        #expect(timestamps.sorted().map(\.description) == timestamps.map(\.description).sorted())
    }

    @Test(
        arguments: [
            ("0001-01-01T00:00:00.000Z", -62_135_596_800_000), ("1969-12-31T23:59:59.999Z", -1),
            ("1970-01-01T00:00:00.000Z", 0), ("2000-02-29T12:00:00.000Z", 951_825_600_000),
            ("2024-02-29T00:00:00.000Z", 1_709_164_800_000), ("2026-11-21T17:54:01.123Z", 1_795_283_641_123),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)]
    )
    func knownInstants(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func everyDayOfLeapAndCommonYears() throws {
        for year in [1900, 1999, 2000, 2023, 2024, 2100] {
            let start = try #require(Timestamp(String(format: "%04d-01-01T00:00:00Z", year)))
            let end = try #require(Timestamp(String(format: "%04d-01-01T00:00:00Z", year + 1)))
            let isLeap = [2000, 2024].contains(year)
            #expect(end - start == .days(isLeap ? 366 : 365))
            for day in 0..<Int64(isLeap ? 366 : 365) {
                let instant = start + .days(day)
                #expect(instant.description == foundationText(instant))
            }
        }
    }

    @Test(arguments: [
        ("2026-11-21T18:54:01.123+01:00", "2026-11-21T17:54:01.123Z"),
        ("2026-11-21T12:24:01.123-05:30", "2026-11-21T17:54:01.123Z"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000Z"),
        ("2026-11-21T17:54:01+00:00", "2026-11-21T17:54:01.000Z"),
        ("2026-11-21T17:54:01-00:00", "2026-11-21T17:54:01.000Z"),
        ("2026-11-21t17:54:01z", "2026-11-21T17:54:01.000Z"),
        ("2026-11-21T17:54:01.1Z", "2026-11-21T17:54:01.100Z"),
        ("2026-11-21T17:54:01.12Z", "2026-11-21T17:54:01.120Z"),
        ("2026-11-21T17:54:01.1239999Z", "2026-11-21T17:54:01.123Z"),
        ("2026-11-21T17:54:01.00000000000000000000000000001Z", "2026-11-21T17:54:01.000Z"),
    ])
    func otherFormsOfRFC3339(_ text: String, _ expected: String) {
        #expect(Timestamp(text)?.description == expected)
    }

    @Test func offsetsAgreeWithFoundation() throws {
        var random = SeededRandom()
        for _ in 0..<500 {
            let local = Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random) / 1_000 * 1_000)
            let sign = Bool.random(using: &random) ? "+" : "-"
            let offset = String(
                format: "%02d:%02d",
                Int.random(in: 0...14, using: &random),
                Int.random(in: 0...59, using: &random)
            )
            let text = local.description.prefix(19) + sign + offset
            let date = try Date.ISO8601FormatStyle().parse(String(text))
            #expect(Timestamp(String(text))?.milliseconds == Int64(date.timeIntervalSince1970 * 1_000))
        }
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T17:54Z", "2026-11-21T17:54:01", "2026-11-21 17:54:01Z",
        "2026-11-21T17:54:01.Z", "2026-11-21T17:54:01,5Z", "2026-11-21T17:54:01.5", "2026-11-21T17:54:01Z ",
        " 2026-11-21T17:54:01Z", "26-11-21T17:54:01Z", "+2026-11-21T17:54:01Z", "2026-11-21T17:54:01+0100",
        "2026-11-21T17:54:01+01", "2026-11-21T17:54:01+24:00", "2026-11-21T17:54:01+01:60",
        "2026-00-21T17:54:01Z", "2026-13-21T17:54:01Z", "2026-11-00T17:54:01Z", "2026-11-31T17:54:01Z",
        "2026-02-29T17:54:01Z", "1900-02-29T17:54:01Z", "2100-02-29T17:54:01Z", "2024-02-30T17:54:01Z",
        "2026-11-21T24:00:00Z", "2026-11-21T17:60:01Z", "2026-11-21T17:54:60Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "２０２６-11-21T17:54:01Z",
    ])
    func whatIsNotRFC3339IsRefused(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func arithmeticIsInMilliseconds() throws {
        let instant = try #require(Timestamp("2026-11-21T17:54:01.123Z"))
        #expect((instant + .hours(24)).description == "2026-11-22T17:54:01.123Z")
        #expect((instant - .minutes(54)).description == "2026-11-21T17:00:01.123Z")
        #expect((instant + .days(9)) - instant == .seconds(777_600))
    }
}
