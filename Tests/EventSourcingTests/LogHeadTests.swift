import EventSourcing
import Testing

@Suite struct LogHeadTests {
    @Test func theTextIsReadBack() throws {
        let head = LogHead(position: LogPosition(18), hash: String(repeating: "0a", count: 32))
        #expect(head.description == "18:" + head.hash)
        #expect(LogHead(head.description) == head)
        #expect(LogHead(LogHead.empty.description) == .empty)
    }

    @Test(arguments: ["", "18", "18:", ":", "-1:H", "18:H:", "x:H", "18:H0", "18: H", "18:G"])
    func anythingElseIsRefused(pattern: String) {
        let hash = String(repeating: "0", count: 63)
        let text = pattern.replacing("H", with: hash + "a").replacing("G", with: hash + "g")
        #expect(LogHead(text) == nil, "\(text)")
    }
}
