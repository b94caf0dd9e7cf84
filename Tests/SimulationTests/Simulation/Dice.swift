import TestSupport

/// What the seed decides.
extension SeededRandom {
    mutating func chance(_ probability: Double) -> Bool {
        // Not Double.random: that has the standard library's generic code run in a debug build.
        Double(next() >> 11) < probability * Double(1 << 53)
    }

    /// In 0 ..< bound.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func number(in range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Of so many, mostly all, and else any number from 1 on: reads and writes are short now and then.
    mutating func share(of count: Int) -> Int { chance(0.6) ? count : number(in: 1...count) }
}
