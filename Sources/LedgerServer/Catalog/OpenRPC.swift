import AccessControl
import LineJSON
import LineProtocol

/// The OpenRPC 1.3 document of the catalog: what `rpc.discover` answers and what is stored as Protocol/openrpc.json.
///
/// Source: https://spec.open-rpc.org
enum OpenRPC {
    /// The document, made once.
    static let document: [UInt8] = {
        var writer = JSONWriter()
        writer.object { document in
            document.member("openrpc", "1.3.2" as StaticString)
            writeInfo(to: &document)
            writeServers(to: &document)
            document.array("methods") { methods in
                for method in MethodCatalog.methods { write(method.definition, to: &methods) }
            }
            writeComponents(to: &document)
        }
        return writer.take()
    }()

    private static func writeInfo(to document: inout JSONWriter) {
        document.object("info") { info in
            info.member("title", "Ledgerline" as StaticString)
            info.member("version", LedgerlineVersion.text)
            info.member(
                "description",
                """
                An event-sourced ledger for a shared API allowance. JSON-RPC 2.0, one JSON text a line, over TCP or a \
                Unix socket; parameters by name. Failures of methods carry gRPC's status: code is its number, \
                data.status its name, data.reason what exactly was in the way, data.field the parameter.
                """
            )
        }
    }

    private static func writeServers(to document: inout JSONWriter) {
        document.array("servers") { servers in
            servers.object { server in
                server.member("name", "local" as StaticString)
                server.member("url", "tcp://127.0.0.1:7411" as StaticString)
            }
        }
    }

    private static func write(_ definition: MethodDefinition, to methods: inout JSONWriter) {
        methods.object { method in
            method.member("name", definition.name)
            method.member("summary", definition.summary)
            if !definition.description.isEmpty { method.member("description", definition.description) }
            method.array("tags") { $0.object { $0.member("name", definition.service) } }
            method.member("paramStructure", "by-name" as StaticString)
            method.array("params") { params in
                for field in definition.params { write(field, to: &params) }
            }
            write(definition.rules, to: &method)
            if let role = definition.access.role { method.member("x-role", role.rawValue) }
            method.member("x-scope", definition.access.scope.rawValue)
            method.object("result") { result in
                result.member("name", "result" as StaticString)
                result.key("schema")
                JSONSchema.ofAnswers.write(definition.result, to: &result)
            }
            writeErrors(of: definition, to: &method)
            write(definition.examples, to: &method)
        }
    }

    private static func write(_ field: Field, to params: inout JSONWriter) {
        params.object { param in
            param.member("name", field.name)
            param.member("description", field.summary)
            param.member("required", field.isRequired)
            param.key("schema")
            JSONSchema.ofRequests.write(field.type, fallback: field.fallback, to: &param)
        }
    }

    private static func write(_ rules: [MethodDefinition.Rule], to method: inout JSONWriter) {
        for rule in rules {
            switch rule {
            case .exactlyOne(let groups): method.member("x-exactly-one-of", groups)
            case .atLeastOne(let names): method.member("x-at-least-one-of", names)
            }
        }
    }

    private static func write(_ examples: [MethodDefinition.Example], to method: inout JSONWriter) {
        method.array("examples") { array in
            for (number, example) in examples.enumerated() {
                array.object { pairing in
                    pairing.member("name", "example \(number + 1)")
                    pairing.member("paramStructure", "by-name" as StaticString)
                    pairing.key("params")
                    writeParams(of: example, to: &pairing)
                    pairing.object("result") { result in
                        result.member("name", "result" as StaticString)
                        result.member("value", raw: example.result.utf8)
                    }
                }
            }
        }
    }

    /// An example's parameters, one object with name and value for each.
    private static func writeParams(of example: MethodDefinition.Example, to pairing: inout JSONWriter) {
        var tape = JSONTape()
        pairing.array { params in
            try? tape.withParsed(Array(example.params.utf8)) { object in
                for (name, value) in object.members {
                    params.object { param in
                        param.member("name", raw: name.rawBytes)
                        param.member("value", raw: value.rawBytes)
                    }
                }
            }
        }
    }
}

// MARK: - Errors

extension OpenRPC {
    /// What every method may answer, by the reason in `data`.
    private static let common: [ErrorDescription] = [
        ErrorDescription(.cancelled, "CANCELLED", "rpc.cancel ended the waiting"),
        ErrorDescription(
            .deadlineExceeded,
            "DEADLINE",
            "deadline_ms passed; data.outcome is not_done, or unknown where the work may have been done"
        ),
        ErrorDescription(
            .permissionDenied,
            "ROLE_TOO_LOW",
            "the token's role is too low; data has role, the least one"
        ),
        ErrorDescription(.permissionDenied, "OUT_OF_SCOPE", "the token's scope does not hold what field names"),
        ErrorDescription(.internal, "STORAGE", "the disk failed or is full; nothing is known to be damaged"),
        ErrorDescription(.unavailable, "STOPPING", "the server is stopping; nothing was done"),
        ErrorDescription(
            .unavailable,
            "LOG_FAILED",
            "the log failed, and the server stops; data.outcome is not_done, or unknown where it may have been done; cause"
        ),
        ErrorDescription(.dataLoss, "DAMAGED", "a stored block does not check out; data has position"),
        ErrorDescription(.unauthenticated, "TOKEN_REQUIRED", "no token was shown, and the server demands one"),
        ErrorDescription(.unauthenticated, "TOKEN_INVALID", "the token is wrong, revoked or expired"),
    ]

    /// OpenRPC wants each code once: the reasons of a status stand together. What a method adds no reason to is shared.
    private static func writeErrors(of definition: MethodDefinition, to method: inout JSONWriter) {
        method.array("errors") { errors in
            errors.reference("InvalidParams")
            for status in StatusCode.allCases {
                let own = definition.errors.filter { $0.status == status }
                let shared = common.filter { $0.status == status }
                if !own.isEmpty {
                    write(status, own + shared, to: &errors)
                } else if !shared.isEmpty {
                    errors.reference(status.name.description)
                }
            }
            errors.reference("InternalError")
        }
    }

    private static func write(_ status: StatusCode, _ reasons: [ErrorDescription], to errors: inout JSONWriter) {
        errors.object { error in
            error.member("code", status.number)
            error.member("message", status.name)
            error.object("data") { data in
                data.member("status", status.name)
                data.object("reasons") { list in
                    var written: Set<String> = []
                    for reason in reasons where written.insert(reason.reason.description).inserted {
                        list.key(reason.reason)
                        list.value(reason.condition)
                    }
                }
            }
        }
    }

    private static func writeComponents(to document: inout JSONWriter) {
        document.object("components") { components in
            components.object("errors") { errors in
                errors.key("InvalidParams")
                write(
                    RPCError.invalidParams("a parameter is unknown, missing or wrong; data.field names it", field: nil),
                    to: &errors
                )
                for status in StatusCode.allCases {
                    let reasons = common.filter { $0.status == status }
                    guard !reasons.isEmpty else { continue }
                    errors.key(status.name)
                    write(status, reasons, to: &errors)
                }
                errors.key("InternalError")
                write(RPCError.internalError("something is broken on the server"), to: &errors)
            }
        }
    }

    private static func write(_ error: RPCError, to errors: inout JSONWriter) {
        errors.object { object in
            object.member("code", error.code)
            object.member("message", error.message)
            object.object("data") { $0.member("status", error.status.name) }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func reference(_ error: String) {
        object { $0.member("$ref", "#/components/errors/\(error)") }
    }
}
