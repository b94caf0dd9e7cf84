import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `mapping.*`: which attributes are synced with which fields, in which direction.
enum MappingMethods {
    static let service = Service(
        name: "mapping",
        summary: "Which Intercom attribute is joined to which Salesforce field, in which direction.",
        methods: [set, remove, list]
    )

    private static let object = Field.required(
        "object",
        .choice(SyncedObject.self),
        "The Salesforce object.",
        refusalHint: "accounts and cases are not synced"
    )
    private static let intercom = Field.required("intercom", .text(Bounds.attribute), "The Intercom attribute.")
    private static let salesforce = Field.required("salesforce", .text(Bounds.attribute), "The Salesforce field.")
    private static let direction = Field.required(
        "direction",
        .choice(SyncDirection.self),
        "Which way values go; never both for one attribute."
    )
    private static let row = [
        object, intercom, salesforce, direction, .required("position", .position, "The event that last set it."),
    ]

    private static let set = Method(
        MethodDefinition(
            "mapping.set",
            access: MethodAccess(.operator, .workspace),
            "Joins an Intercom attribute to a Salesforce field, or changes how it is joined.",
            description: "Saving stops an active bulk sync: without confirm it is refused.",
            params: [
                .org, .workspace, object, intercom, salesforce, direction, .confirm, .id, .expectedVersion,
            ],
            result: .object([
                .receiptPosition, .duplicate, .changed, StoppedBulkSync.field,
                .required("mapping", .object(row), "The mapping."),
            ]),
            errors: [
                ErrorDescription(
                    .alreadyExists,
                    "SALESFORCE_FIELD_MAPPED",
                    "the field is joined to another attribute; data has intercom"
                ),
                ErrorDescription(
                    .alreadyExists,
                    "ATTRIBUTE_DIRECTION",
                    "the attribute is synced the other way for the other object; data has object and direction"
                ),
                ErrorDescription(
                    .resourceExhausted,
                    "MAPPINGS_MAX",
                    "the workspace has as many as it may; data has max"
                ),
                .bulkSyncActive, .idReused, .versionMismatch,
            ],
            examples: [
                .init(
                    """
                    {"org":"acme","workspace":"support","object":"contact","intercom":"plan","salesforce":"Plan__c",\
                    "direction":"salesforce_to_intercom"}
                    """,
                    """
                    {"position":4,"duplicate":false,"changed":true,"stopped_bulk_sync":null,"mapping":{\
                    "object":"contact","intercom":"plan","salesforce":"Plan__c","direction":"salesforce_to_intercom",\
                    "position":4}}
                    """
                )
            ]
        )
    ) { arguments, _ in
        let mapping = Mapping(
            key: key(arguments),
            salesforce: arguments.text("salesforce"),
            direction: arguments.choice("direction", SyncDirection.self)
        )
        let action = Command.Action.setMapping(mapping, confirm: arguments.boolean("confirm"))
        return .command(arguments, action) { result, answer in
            result.member("changed", answer.hasChanged)
            result.member("stopped_bulk_sync", answer.stoppedBulkSync)
            result.object("mapping") { $0.members(of: mapping, position: answer.position(of: mapping)) }
        }
    }

    private static let remove = Method(
        MethodDefinition(
            "mapping.remove",
            access: MethodAccess(.operator, .workspace),
            "Removes the mapping of an Intercom attribute.",
            description: "Saving stops an active bulk sync: without confirm it is refused.",
            params: [.org, .workspace, object, intercom, .confirm, .id, .expectedVersion],
            result: .object([.receiptPosition, .duplicate, StoppedBulkSync.field]),
            errors: [
                ErrorDescription(.notFound, "UNKNOWN_MAPPING", "the attribute is not mapped for this object"),
                .unknownOrg, .unknownWorkspace, .bulkSyncActive, .idReused, .versionMismatch,
            ],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support","object":"contact","intercom":"plan"}"#,
                    #"{"position":5,"duplicate":false,"stopped_bulk_sync":null}"#
                )
            ]
        )
    ) { arguments, _ in
        let action = Command.Action.removeMapping(key(arguments), confirm: arguments.boolean("confirm"))
        return .command(arguments, action) { result, answer in
            result.member("stopped_bulk_sync", answer.stoppedBulkSync)
        }
    }

    private static let list = Method(
        MethodDefinition(
            "mapping.list",
            access: MethodAccess(.reader, .workspace),
            "Lists a workspace's mappings by object and attribute.",
            params: [.org, .workspace],
            result: .object([
                .required(
                    "mappings",
                    .list(of: .object(row)),
                    "The mappings."
                ),
                VersionResult.field,
            ]),
            errors: [.unknownOrg, .unknownWorkspace],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"}"#,
                    """
                    {"mappings":[{"object":"contact","intercom":"plan","salesforce":"Plan__c",\
                    "direction":"salesforce_to_intercom","position":4}],"version":4}
                    """
                )
            ]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        return .query { result, state, _ throws(Rejection) in
            let mappings = try state.mappings(org: org, workspace: workspace)
            result.array("mappings") { rows in
                for row in mappings {
                    rows.object { $0.members(of: row.mapping, position: row.position) }
                }
            }
            result.member("version", state.version(org: org, workspace: workspace))
        }
    }

    private static func key(_ arguments: Arguments) -> MappingKey {
        MappingKey(
            object: arguments.choice("object", SyncedObject.self),
            intercom: arguments.text("intercom")
        )
    }
}

extension CommandAnswer {
    /// The event that last set the mapping; of a duplicate that was changed since, the one that set it then.
    fileprivate func position(of mapping: Mapping) -> LogPosition {
        let mappings = (try? state.mappings(org: org, workspace: workspace)) ?? []
        return mappings.first { $0.mapping == mapping }?.position ?? receipt.position
    }
}
