import AccessControl
import LineJSON
import LineProtocol

/// What `help` answers: plain text for a person at netcat, made from the catalog.
enum Help {
    /// Services, one line for each method, and lines to paste.
    static var overview: String {
        var text = """
            Ledgerline \(LedgerlineVersion.text): who used the shared API allowance, and what may still run.
            One JSON object a line, answered by one line. Paste these:

              {"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}
              {"method":"usage.get","params":{"org":"acme","workspace":"support"}}
              {"method":"events.stream","params":{"from":"start"}}


            """
        for service in MethodCatalog.services {
            text += service.name + ": " + service.summary + "\n" + lines(of: service.methods) + "\n"
        }
        text += """
            More of one: {"method":"help","params":{"method":"usage.record"}}, or of a service: {"method":"help",\
            "params":{"method":"usage"}}

            """
        return text
    }

    /// Help on a method or a service; nil when there is none of that name.
    static func text(on name: String) -> String? {
        if let service = MethodCatalog.services.first(where: { $0.name == name }) {
            return service.name + ": " + service.summary + "\n\n"
                + service.methods.map { details(of: $0.definition) }.joined(separator: "\n")
        }
        let method = MethodCatalog.methods.first { $0.definition.name.description == name }
        return method.map { details(of: $0.definition) }
    }

    private static func lines(of methods: [Method]) -> String {
        methods.map { method in
            "  \(padded(method.definition.name.description, to: 28))\(method.definition.summary)\n"
        }.joined()
    }

    private static func details(of definition: MethodDefinition) -> String {
        var text = "\(definition.name): \(definition.summary)\n"
        if !definition.description.isEmpty { text += definition.description + "\n" }
        if !definition.params.isEmpty { text += "\nParameters (* is required):\n" }
        for field in definition.params { text += details(of: field, indent: "  ") }
        for rule in definition.rules { text += "  " + sentence(rule) + "\n" }
        text += sentence(definition.access)
        if let example = definition.examples.first {
            text += "\nExample:\n  {\"method\":\"\(definition.name)\",\"params\":\(example.params)}\n"
            text += "  answers \(example.result)\n"
        }
        if !definition.errors.isEmpty { text += "\nErrors:\n" }
        for error in definition.errors {
            text += "  \(error.status.number) \(error.status) \(error.reason): when \(error.condition)\n"
        }
        return text
    }

    private static func details(of field: Field, indent: String) -> String {
        let mark = field.isRequired ? "*" : ""
        let fallback = field.fallback.map { ", default " + json($0) } ?? ""
        var text = "\(indent)\(field.name)\(mark): \(field.type.requirement)\(fallback). \(field.summary)\n"
        if case .array(.object(let members), _) = field.type {
            for member in members { text += details(of: member, indent: indent + "  ") }
        }
        return text
    }

    private static func sentence(_ access: MethodAccess) -> String {
        guard let role = access.role else { return "\nNeeds no token.\n" }
        return "\nTakes the role \(role.rawValue) on \(access.scope.words), where tokens are demanded.\n"
    }

    private static func sentence(_ rule: MethodDefinition.Rule) -> String {
        switch rule {
        case .atLeastOne(let names):
            "At least one of \(names.map(\.description).joined(separator: ", ")) must be given."
        case .exactlyOne(let groups):
            "Exactly one of these must be given: "
                + groups.map { $0.map(\.description).joined(separator: " with ") }.joined(separator: "; ") + "."
        }
    }

    private static func json(_ value: some JSONWritable) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
}
