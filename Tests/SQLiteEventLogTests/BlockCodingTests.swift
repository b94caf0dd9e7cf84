import EventSourcing
import TestSupport
import Testing

@testable import SQLiteEventLog

@Suite struct SeamsTests {
    @Test func randomCountsComeBack() {
        var random = SeededRandom()
        for _ in 0..<200 {
            let largest = [1, 2, 127, 128, 20_000, 1 << 40].randomElement(using: &random) ?? 1
            let counts = (0..<Int.random(in: 1...300, using: &random)).map { _ in
                Int.random(in: 1...largest, using: &random)
            }
            #expect(Seams.decode(Seams.encode(counts)) == counts)
        }
    }

    @Test func thousandsOfShortCommitsTakeFewBytes() {
        #expect(Seams.encode(Array(repeating: 1, count: 4_000)).count < 40)
    }

    @Test(
        arguments: [[], [0x80], [0, 0], [0, 0x80], [5, 1, 2, 3], [0] + Array(repeating: 0xFF, count: 9)] as [[UInt8]]
    )
    func otherBytesAreRefused(_ bytes: [UInt8]) {
        #expect(Seams.decode(bytes)?.isEmpty ?? true)
    }
}

@Suite struct ZlibTests {
    @Test func whatDoesNotShrinkIsNotCompressed() {
        #expect(Zlib.compressed([1, 2, 3]) == nil)
        #expect(Zlib.compressed([UInt8]()) == nil)
        #expect(Zlib.inflated([1, 2, 3], size: 3) == [1, 2, 3])
    }

    @Test func whatShrinksComesBackExactly() throws {
        let bytes = Array(String(repeating: "event line ", count: 1_000).utf8)
        let stored = try #require(Zlib.compressed(bytes))
        #expect(stored.count < 100)
        #expect(Zlib.inflated(stored, size: bytes.count) == bytes)
    }

    @Test func aWrongSizeOrCutBytesAreRefused() throws {
        let bytes = Array(String(repeating: "event line ", count: 1_000).utf8)
        let stored = try #require(Zlib.compressed(bytes))
        for size in [-1, 0, bytes.count - 1, bytes.count + 1, .max] {
            #expect(Zlib.inflated(stored, size: size) == nil)
        }
        #expect(Zlib.inflated(stored.dropLast(), size: bytes.count) == nil)
    }
}

@Suite struct EventLineTests {
    @Test func timesOfConsecutiveLinesAreRead() throws {
        var random = SeededRandom()
        var times = EventTimeReader()
        var instant = try #require(Timestamp("1999-12-31T23:59:00Z"))
        for _ in 0..<2_000 {
            instant = instant + TimeSpan(milliseconds: Int64.random(in: 0...90_000, using: &random))
            let read = Array(instant.description.utf8).withUnsafeBytes { times.time(in: $0, at: 0) }
            #expect(read == instant)
        }
    }

    @Test(arguments: [
        "{\"position\":,\"time\":\"2026-11-21T17:54:01.123Z\",", "{\"position\":1,\"time\":\"2026-11-21T17:54:01.123Z",
        "{\"position\":12", "", " {\"position\":1,\"time\":\"2026-11-21T17:54:01.123Z\",\"type\":",
        "{\"position\":1234567890123456789,\"time\":\"2026-11-21T17:54:01.123Z\",\"type\":",
    ])
    func otherLinesAreRefused(_ text: String) {
        #expect(Array((text + "\n").utf8).withUnsafeBytes { EventLine(in: $0, at: 0) } == nil)
    }

    @Test(arguments: ["2026-11-21T17:54:61.123Z", "2026-11-21T17:54:01,123Z", "2026-13-21T17:54:01.123Z"])
    func otherTimesAreRefused(_ text: String) {
        var times = EventTimeReader()
        #expect(Array(text.utf8).withUnsafeBytes { times.time(in: $0, at: 0) } == nil)
    }
}
