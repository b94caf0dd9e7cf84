import LedgerService
import Testing

@Suite struct ResourceClassTests {
    @Test(arguments: [
        ("", ""),
        ("/", "/"),
        ("/services/data/", "/"),
        ("/services/data/v60.0/sobjects/Contact/003HOtqA0aFoo9p?fields=Id", "/sobjects/Contact/{id}"),
        ("/v60.0/sobjects/Account/003HOtqA0aFoo9pAAB/Name", "/sobjects/Account/{id}/Name"),
        ("v60.0/query", "/query"),
        ("/services/data/v60.0/query?q=SELECT+Id+FROM+Contact", "/query"),
        ("/services/data/v60.0/query#fragment", "/query"),
        ("/services/apexrest/v1/thing", "/apexrest/v1/thing"),
        ("/v60.0//sobjects//", "/sobjects"),
        // Fifteen letters, but no digit: a word, not a record.
        ("/sobjects/RecentlyViewedX", "/sobjects/RecentlyViewedX"),
        ("/sobjects/Contact/003HOtqA0aFoo9", "/sobjects/Contact/003HOtqA0aFoo9"),
        ("/sobjects/Contact/003HOtqA0aFoo-p", "/sobjects/Contact/003HOtqA0aFoo-p"),
        ("/version/v/v1x", "/version/v/v1x"),
        ("/query/é", "/query/é"),
    ])
    func pathsAreFiledUnder(path: String, expected: String) {
        let countMax = ResourceClass.countMax(ofPath: path.utf8.count)
        let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { memory, count in
            let start = UnsafeMutableRawPointer(memory.baseAddress.unsafelyUnwrapped)
            count = Array(path.utf8).withUnsafeBytes { ResourceClass.store($0, to: start, at: 0) }
        }
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
