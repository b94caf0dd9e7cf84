import AccessControl
import Testing

/// That it takes as long whatever the texts hold is by its form: no branch depends on them. Here is that it compares.
@Suite struct ConstantTimeTests {
    private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { ConstantTime.equal(left, $0) } }
    }

    @Test func seesEveryBitOfEveryByte() {
        let text = (0..<84).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        #expect(equal(text, text) && equal([], []))
        for index in text.indices {
            for bit in 0..<8 {
                var other = text
                other[index] ^= 1 << bit
                #expect(!equal(text, other) && !equal(other, text))
            }
        }
        #expect(!equal(text, Array(text.dropLast())) && !equal(Array(text.dropLast()), text))
    }

    @Test func differencesDoNotCancelEachOtherOut() {
        #expect(!equal([1, 1], [0, 0]) && !equal([0xFF, 0x00], [0x00, 0xFF]))
    }

    @Test func digestsAreComparedSo() {
        #expect(SecretDigest.of(1) == .of(1))
        #expect(SecretDigest.of(1) != .of(2))
        #expect(SecretDigest(bytes: [1, 2, 3]) == nil)
    }
}
