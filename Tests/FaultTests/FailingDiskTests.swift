import EventSourcing
import Foundation
import TestSupport
import Testing

@testable import LedgerServiceTests

/// Every call to the disk fails once, and from then on; the disk is full; writes are short. The ledger stops answering
/// and says why, or goes on without what it could not do, and what it said was durable is there after the next start.
@Suite struct FailingDiskTests {
    struct Failing: CustomTestStringConvertible {
        var kind: Fault.Kind
        var isLasting: Bool
        var testDescription: String { "\(kind), \(isLasting ? "for good" : "once")" }
    }

    static let all = [Fault.Kind.failure, .full, .shortWrite].flatMap { kind in
        [false, true].map { Failing(kind: kind, isLasting: $0) }
    }

    /// Calls from one that fails to the next that does, in another run: `LEDGERLINE_STRIDE`, 1 for all.
    private static let stride =
        ProcessInfo.processInfo.environment["LEDGERLINE_STRIDE"].flatMap(Int.init).map { max(1, $0) } ?? 61

    @Test(arguments: all) func everyCallMayFail(_ failing: Failing) throws {
        var call = 1
        while try isStruck(by: Fault(kind: failing.kind, call: call, isLasting: failing.isLasting)) {
            call += FailingDiskTests.stride
        }
        print("\(failing.testDescription): every \(FailingDiskTests.stride)th of \(call) calls")
    }

    /// False when the run has fewer calls.
    private func isStruck(by fault: Fault) throws -> Bool {
        let disk = try FaultyDisk()
        let clock = ManualClock()
        disk.arm(fault)
        var run = ScriptedRun()
        run.play(on: disk, clock: clock)
        let struck = disk.struck
        disk.arm(nil)
        #expect(run.complaints == [], "\(struck ?? "")")

        var ledger = try FaultyLedger(on: disk, clock: clock, witness: run.witness)
        #expect(try ledger.problems() == [], "\(struck ?? "")")
        #expect(try ledger.submit(ScriptedRun.call())?.first?.receipt != nil, "\(struck ?? "")")

        // What the kernel could not write it takes for written: nobody may build on it.
        let survivor = try FaultyDisk(afterPowerLossOf: disk, seed: UInt64(fault.call))
        try? ledger.stop()
        var last = try FaultyLedger(on: survivor, clock: clock, witness: ledger.witness)
        #expect(try last.problems() == [], "power lost after: \(struck ?? "")")
        try last.stop()
        return struck != nil
    }
}
