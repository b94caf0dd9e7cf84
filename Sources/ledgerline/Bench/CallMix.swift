/// What calls look like: the shares that an `ApiTotalUsage` file of ten thousand calls to one org has, in thousandths.
///
/// Six connected apps make the calls of a day: the workspace's own app and its associated apps, which count against the
/// workspace, and other systems, which do not. Most calls query, look at the limits or describe objects; the rest goes to
/// single records, each with an id of its own.
enum CallMix {
    struct Caller {
        var share: Int
        /// nil: the workspace's own app.
        var integration: String?
        var purpose: String
        var isOfWorkspace = true
    }

    struct Resource {
        var share: Int
        var path: String
        /// Pairs of random characters behind the path: the part of a record's id that is its own.
        var randomPairs = 0
    }

    static let callers = [
        Caller(share: 70, purpose: "inbox"),
        Caller(share: 130, purpose: "event_sync"),
        Caller(share: 80, purpose: "bulk_sync"),
        Caller(share: 20, purpose: "settings"),
        Caller(share: 85, integration: "Intercom Sandbox", purpose: "event_sync"),
        Caller(share: 127, integration: "Outreach", purpose: "other"),
        Caller(share: 210, integration: "Dataloader Partner", purpose: "other", isOfWorkspace: false),
        Caller(share: 140, integration: "Marketo Sync", purpose: "other", isOfWorkspace: false),
        Caller(share: 138, integration: "HubSpot Integration", purpose: "other", isOfWorkspace: false),
    ]

    static let verbs: [(share: Int, name: String)] = [(994, "GET"), (4, "HEAD"), (1, "POST"), (1, "OPTIONS")]

    static let resources =
        [
            Resource(share: 281, path: "/v60.0/query"),
            Resource(share: 210, path: "/v60.0/limits"),
            Resource(share: 128, path: "/v60.0/composite"),
            Resource(share: 92, path: "/v60.0/sobjects/Contact/describe"),
            Resource(share: 84, path: "/v60.0/sobjects/Lead/describe"),
            Resource(share: 17, path: "/v60.0/sobjects/User/describe"),
            Resource(share: 8, path: "/v60.0/sobjects/Case/describe"),
            Resource(share: 7, path: "/v60.0/sobjects/Task/describe"),
            Resource(share: 6, path: "/v60.0/sobjects/Account/describe"),
        ] + records("Contact", "003", share: 100) + records("Lead", "00Q", share: 17)
        + records("User", "005", share: 17) + records("Task", "00T", share: 15)
        + records("Account", "001", share: 10) + records("Case", "500", share: 8)

    static let statuses: [(share: Int, code: Int)] = [
        (912, 200), (45, 304), (21, 404), (16, 301), (3, 206), (1, 403), (1, 416), (1, 500),
    ]

    /// Half of the records are named by ids of 15 characters, half by ids of 18; both begin with the object's prefix.
    private static func records(_ object: String, _ prefix: String, share: Int) -> [Resource] {
        let path = "/v60.0/sobjects/\(object)/\(prefix)"
        return [
            Resource(share: share / 2, path: path, randomPairs: 6),
            Resource(share: share - share / 2, path: "\(path)5", randomPairs: 7),
        ]
    }
}
