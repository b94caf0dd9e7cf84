// swift-tools-version: 6.2

import PackageDescription

// Set by .ci/run: a warning of ours is an error there.
let warnings: [SwiftSetting] =
    Context.environment["LEDGERLINE_WARNINGS"] == "error" ? [.treatAllWarnings(as: .error)] : []

// Set by Tools/fuzz: our own targets say which of their branches were taken, and watch over their memory.
let isFuzzing = Context.environment["LEDGERLINE_FUZZ"] != nil
let sanitizers = "-sanitize=fuzzer,address"

let settings: [SwiftSetting] =
    warnings + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (isFuzzing ? [.unsafeFlags([sanitizers, "-enable-testing"])] : [])

// What fuzzing checks, in Tests/FuzzTests: a program for libFuzzer, or else the tests that give it its corpus again.
let fuzzDependencies: [Target.Dependency] = [
    "EventSourcing", "LedgerService", "LineJSON", "LineProtocol", "QuotaDomain", "Salesforce", "SQLiteEventLog",
    "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
]
let fuzzing: Target =
    isFuzzing
    ? .executableTarget(
        name: "fuzz",
        dependencies: fuzzDependencies,
        path: "Tests/FuzzTests",
        exclude: ["Corpus", "Dictionaries", "Suites"],
        sources: ["Targets", "Program"],
        swiftSettings: settings,
        // The default linker, gold, ends with an internal error.
        linkerSettings: [.unsafeFlags([sanitizers, "-use-ld=lld"])]
    )
    : .testTarget(
        name: "FuzzTests",
        dependencies: fuzzDependencies,
        exclude: ["Corpus", "Dictionaries", "Program"],
        swiftSettings: settings
    )

let package = Package(
    name: "ledgerline",
    products: [
        .executable(name: "ledgerline", targets: ["ledgerline"]),
        .library(name: "LedgerClient", targets: ["LedgerClient"]),
    ],
    dependencies: [
        // Sockets and event loops: the TCP and Unix-socket listeners and the client.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Encrypted connections beyond this machine: the server's side and the client's.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // SQLite with one writer and safe concurrent readers: ledger.db and views.db.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // SHA-256 for the log's hash chain, snapshots and idempotency keys.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // Deque: the recent blocks kept for live readers, and work that waits its turn.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // Structured operator messages on standard error.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // The command line: parsing, --help and shell completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Latency percentiles of `ledgerline bench`.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .target(name: "EventSourcing", swiftSettings: settings),
        .target(name: "LineJSON", swiftSettings: settings),
        .target(name: "AccessControl", dependencies: ["EventSourcing"], swiftSettings: settings),
        .target(name: "QuotaDomain", dependencies: ["EventSourcing"], swiftSettings: settings),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "SQLiteEventLog",
            dependencies: [
                "EventSourcing", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                // SQLite's own interface: backups step by step, and rows of views.db in bulk. GRDB takes longer ways.
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Salesforce",
            dependencies: ["EventSourcing", "LineJSON", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings
        ),
        .target(
            name: "LineProtocol",
            dependencies: ["LineJSON", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
        .target(
            name: "TransportSecurity",
            dependencies: [.product(name: "NIOSSL", package: "swift-nio-ssl")],
            swiftSettings: settings
        ),
        .target(
            name: "LedgerService",
            dependencies: [
                "EventSourcing", "LineJSON", "AccessControl", "QuotaDomain", "SQLiteEventLog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LedgerServer",
            dependencies: [
                "EventSourcing", "LineJSON", "AccessControl", "QuotaDomain", "SQLiteEventLog", "LedgerService",
                "LineProtocol", "Salesforce", "TransportSecurity",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LedgerClient",
            dependencies: [
                "LineJSON", "LineProtocol", "TransportSecurity",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ledgerline",
            dependencies: [
                "LedgerServer", "LedgerService", "LedgerClient", "LineProtocol", "LineJSON", "Salesforce",
                "SQLiteEventLog", "EventSourcing",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: settings
        ),
        // Seeded randomness, scratch directories and JSON by another reader, for all suites.
        .target(name: "TestSupport", dependencies: ["LineJSON"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "EventSourcingTests",
            dependencies: ["EventSourcing", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(name: "LineJSONTests", dependencies: ["LineJSON", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "LineProtocolTests",
            dependencies: ["LineProtocol", "LineJSON", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AccessControlTests",
            dependencies: ["AccessControl", "EventSourcing", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "QuotaDomainTests",
            dependencies: ["QuotaDomain", "EventSourcing", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SQLiteEventLogTests",
            dependencies: [
                "SQLiteEventLog", "EventSourcing", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SalesforceTests",
            dependencies: ["Salesforce", "EventSourcing", "LineJSON", "TestSupport"],
            resources: [.copy("Resources")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LedgerServiceTests",
            dependencies: [
                "LedgerService", "AccessControl", "QuotaDomain", "SQLiteEventLog", "EventSourcing", "LineJSON",
                "Salesforce", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        // The process's calls on files, with somebody in between: disks that lose power, fail or are full.
        .target(name: "FileCalls", path: "Tests/FileCalls"),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                // For its way of using a ledger.
                "LedgerServiceTests",
                "FileCalls", "LedgerService", "AccessControl", "QuotaDomain", "SQLiteEventLog", "EventSourcing",
                "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LedgerServerTests",
            dependencies: [
                "LedgerServer", "LedgerService", "AccessControl", "QuotaDomain", "Salesforce", "SQLiteEventLog",
                "EventSourcing", "LineJSON", "LineProtocol", "TransportSecurity", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // The whole server without threads, sockets, files or time of its own, played from one seed.
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                // For their log in memory, their clock, and their way of counting.
                "SQLiteEventLogTests", "LedgerServiceTests",
                "LedgerServer", "LedgerService", "QuotaDomain", "SQLiteEventLog", "EventSourcing", "LineProtocol",
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LedgerClientTests",
            dependencies: [
                "LedgerClient", "LineJSON", "LineProtocol", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "ledgerline", "EventSourcing", "LineJSON", "LineProtocol", "LedgerClient", "LedgerServer", "Salesforce",
                "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["ledgerline", "TestSupport"],
            swiftSettings: settings
        ),
        fuzzing,
    ]
)
