import EventSourcing
import LedgerService
import LineJSON

/// The contract of one event: what its line in the log, in streams and in files holds.
struct EventDefinition: Sendable {
    let type: EventType
    /// One sentence.
    let summary: String
    /// False for the events of an org, true for those of a workspace, nil for both kinds.
    let isOfWorkspace: Bool?
    /// The members of `data`, in the order in which they are written.
    let data: [Field]

    init(_ type: EventType, _ summary: String, isOfWorkspace: Bool? = true, _ data: [Field]) {
        self.type = type
        self.summary = summary
        self.isOfWorkspace = isOfWorkspace
        self.data = data
    }
}

extension EventDefinition {
    /// The JSON Schema (2020-12) of the event's line: Protocol/events/TYPE.json.
    var schema: [UInt8] {
        var writer = JSONWriter()
        writer.object { schema in
            schema.member("$schema", "https://json-schema.org/draft/2020-12/schema" as StaticString)
            schema.member("$id", "urn:ledgerline:event:\(type.rawValue)")
            schema.member("title", type.rawValue)
            schema.member("description", summary)
            JSONSchema.ofAnswers.writeKeywords(ofObjectWith: lineMembers, to: &schema)
        }
        return writer.take()
    }

    private var lineMembers: [Field] {
        let workspace = Field.required("workspace", .text(Bounds.name), "The workspace that it happened in.")
        let ofWorkspace: [Field] =
            switch isOfWorkspace {
            case true?: [workspace]
            case nil: [workspace.asOptional]
            case false?: []
            }
        return [
            .required("position", .integer(Bounds.position), "Its place in the log: 1, 2, 3 … without gaps."),
            .required("time", .instant, "When it was recorded, UTC with milliseconds; never before its predecessor."),
            .required("type", .choice([type.rawValue]), "The kind of event."),
            .required("org", .text(Bounds.name), "The org that it happened in."),
        ] + ofWorkspace + [.required("data", .object(data), "What happened.")]
    }
}
