import LineProtocol
import Testing

@testable import LedgerServer

@Suite struct RequestMetricsTests {
    @Test func countsByMethodAndByStatus() async {
        let metrics = RequestMetrics()
        let (first, second) = (MethodID(index: 0), MethodID(index: 1))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        metrics.count(first, refusal: nil)
                        metrics.count(second, refusal: .notFound)
                        metrics.count(nil, refusal: .unimplemented)
                    }
                }
            }
        }
        #expect(metrics.figures(of: first) == RequestMetrics.Figures(ok: 800, refused: 0))
        #expect(metrics.figures(of: second) == RequestMetrics.Figures(ok: 0, refused: 800))
        #expect(metrics.refusals(with: .notFound) == 800)
        #expect(metrics.refusals(with: .unimplemented) == 800)
        #expect(metrics.refusals(with: .internal) == 0)
    }
}
