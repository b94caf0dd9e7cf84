import TestSupport
import Testing

@testable import SQLiteEventLog

@Suite struct KeyTableTests {
    /// Keys of few different bytes and many lengths: prefixes of each other, and enough of them to grow the table.
    @Test func numbersKeysAsADictionaryDoes() {
        var random = SeededRandom()
        var table = KeyTable()
        for _ in 1...3 {
            var numbers: [[UInt8]: Int] = [:]
            for _ in 0..<20_000 {
                let length = Int.random(in: 8...20, using: &random)
                let key = (0..<length).map { _ in UInt8.random(in: 0...1, using: &random) }
                let number = table.number(of: key)
                #expect(number == numbers[key, default: numbers.count])
                numbers[key] = number
                #expect(table.count == numbers.count)
            }
            table.forEach { number, key in #expect(numbers[Array(key)] == number) }
            let inOrder = numbers.keys.sorted { $0.lexicographicallyPrecedes($1) }
            #expect(table.numbersInOrder() == inOrder.map { numbers[$0] })
            #expect(inOrder.allSatisfy { key in table.withKey(numbers[key] ?? 0) { $0.elementsEqual(key) } })
            table.removeAll()
            #expect(table.count == 0 && table.byteCount == 0)
        }
    }
}

extension KeyTable {
    fileprivate mutating func number(of key: [UInt8]) -> Int {
        key.withUnsafeBytes { number(of: $0) }
    }
}
