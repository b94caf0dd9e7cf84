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
        while let found = try problems(after: Fault(kind: failing.kind, call: call, isLasting: failing.isLasting)) {
            #expect(found == [])
            call += FailingDiskTests.stride
        }
        print("\(failing.testDescription): every \(FailingDiskTests.stride)th of \(call) calls")
    }

    /// What the test above would say of a ledger that takes no notice of failures.
    @Test func ignoredFailuresAreFound() throws {
        let isFound = (1...10).contains { number in
            do {
                // Without the WAL's index, which is memory that the process would miss.
                let fault = Fault(kind: .unnoticedFailure, call: number * 20) { !$0.hasSuffix("-shm") }
                return try problems(after: fault)?.isEmpty == false
            } catch {
                // It does not open any more.
                return true
            }
        }
        #expect(isFound)
    }

    /// What is wrong after a run that the fault struck; nil when the run has fewer calls.
    private func problems(after fault: Fault) throws -> [String]? {
        let disk = try FaultyDisk()
        let clock = ManualClock()
        disk.arm(fault)
        var run = ScriptedRun()
        run.play(on: disk, clock: clock)
        let struck = disk.struck
        disk.arm(nil)
        guard let struck else { return nil }
        var problems = run.complaints

        var ledger = try FaultyLedger(on: disk, clock: clock, witness: run.witness)
        problems += try ledger.problems()
        if try ledger.submit(ScriptedRun.call())?.first?.receipt == nil { problems.append("no call is recorded") }

        // What the kernel could not write it takes for written: nobody may build on it.
        let survivor = try FaultyDisk(afterPowerLossOf: disk, seed: UInt64(fault.call))
        try? ledger.stop()
        var last = try FaultyLedger(on: survivor, clock: clock, witness: ledger.witness)
        problems += try last.problems().map { "power lost: \($0)" }
        try last.stop()
        return problems.map { "\(struck): \($0)" }
    }
}
