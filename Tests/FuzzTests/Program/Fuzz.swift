import Glibc

/// The program that `Tools/fuzz` runs: libFuzzer with the target that `LEDGERLINE_FUZZ_TARGET` names. All arguments are
/// libFuzzer's.
@main
enum Fuzz {
    static func main() {
        guard let name = getenv("LEDGERLINE_FUZZ_TARGET"),
            let target = FuzzTarget.all.first(where: { $0.name == String(cString: name) })
        else {
            print("LEDGERLINE_FUZZ_TARGET must be one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
            exit(2)
        }
        self.target = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { bytes, count in Fuzz.check(bytes, count) })
    }

    /// Set once, before libFuzzer starts.
    nonisolated(unsafe) private static var target: FuzzTarget?

    /// What libFuzzer calls with every input. It keeps the inputs on which the process dies.
    private static func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        do {
            try target?.check(UnsafeRawBufferPointer(start: bytes, count: count))
        } catch {
            fatalError("\(error)")
        }
        return 0
    }
}

/// libFuzzer as a library: https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
