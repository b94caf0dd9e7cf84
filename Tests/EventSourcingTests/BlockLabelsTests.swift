import EventSourcing
import TestSupport
import Testing

@Suite struct BlockLabelsTests {
    /// Logs store them: they must be these for ever.
    @Test func labelsNeverChange() {
        #expect(BlockLabel(.type, "api.called").bits == 0xCD95_3EB3)
        #expect(BlockLabel(.org, "acme").bits == 0x99C6_DC2F)
        #expect(BlockLabel(.workspace, "örtlich").bits == 0xC336_2C61)
    }

    @Test func aNameHasAnotherLabelInEachKind() {
        #expect(Set([BlockLabel.Kind.type, .org, .workspace].map { BlockLabel($0, "acme") }).count == 3)
    }

    @Test func holdWhatWasInsertedOnceAndInOrder() {
        var random = SeededRandom()
        var labels = BlockLabels.none
        var expected: Set<BlockLabel> = []
        for _ in 0..<400 {
            let label = BlockLabel(bits: .random(in: 0..<200, using: &random))
            labels.insert(label)
            expected.insert(label)
        }
        #expect(labels.known == expected.sorted())
        for bits in 0..<200 as Range<UInt32> {
            #expect(labels.mayContain(BlockLabel(bits: bits)) == expected.contains(BlockLabel(bits: bits)))
        }
    }

    @Test func tooManyMeanAnything() {
        var labels = BlockLabels.none
        let most = UInt32(BlockLabels.countMax)
        for bits in 0..<most { labels.insert(BlockLabel(bits: bits)) }
        labels.insert(BlockLabel(bits: 7))
        #expect(!labels.mayContain(BlockLabel(bits: most)))
        labels.insert(BlockLabel(bits: most))
        #expect(labels == .anything)
        labels.insert(BlockLabel(bits: 1))
        #expect(labels == .anything)
        #expect(labels.mayContain(BlockLabel(bits: most + 9)))
    }

    @Test func onlyWhatCouldHaveBeenStoredIsTaken() {
        func labels(_ bits: [UInt32]) -> BlockLabels? { BlockLabels(ascending: bits.map(BlockLabel.init(bits:))) }
        #expect(labels([]) == BlockLabels.none)
        #expect(labels([1, 2, 9])?.mayContain(BlockLabel(bits: 9)) == true)
        #expect(labels([1, 1]) == nil)
        #expect(labels([2, 1]) == nil)
        #expect(labels(Array(0...UInt32(BlockLabels.countMax))) == nil)
    }

    @Test func aQueryNeedsOneLabelOfEachGroup() {
        let (one, two, three) = (BlockLabel(bits: 1), BlockLabel(bits: 2), BlockLabel(bits: 3))
        let labels = BlockLabels(ascending: [one, two])!
        #expect(BlockQuery.everything.mayMatch(labels))
        #expect(BlockQuery([[one], [three, two]]).mayMatch(labels))
        #expect(!BlockQuery([[one], [three]]).mayMatch(labels))
        #expect(BlockQuery([[three]]).mayMatch(.anything))
        #expect(!BlockQuery([[one]]).mayMatch(.none))
    }
}
