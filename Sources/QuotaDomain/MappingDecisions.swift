// MARK: - mapping.set, mapping.remove

extension CommandSubject {
    func setMapping(_ mapping: Mapping, confirm: Bool) throws(Rejection) -> [QuotaEvent.Body] {
        if let other = otherMapping(to: mapping) {
            throw .salesforceFieldMapped(salesforce: mapping.salesforce, to: other.mapping.key)
        }
        if let other = oppositeMapping(to: mapping) { throw .attributeDirection(other.key, other.direction) }
        guard !workspace.mappings.contains(where: { $0.mapping == mapping }) else { return [] }
        let isNew = workspace.mappingIndex(mapping.key) == nil
        guard !isNew || workspace.mappings.count < Policy.mappingsPerWorkspaceMax else {
            throw .full(what: "mappings", max: Policy.mappingsPerWorkspaceMax)
        }
        return try change(.mappingSet(mapping), cause: .mappingChanged, confirm: confirm)
    }

    func removeMapping(_ key: MappingKey, confirm: Bool) throws(Rejection) -> [QuotaEvent.Body] {
        guard workspace.mappingIndex(key) != nil else { throw .unknownMapping(key) }
        return try change(.mappingRemoved(key), cause: .mappingChanged, confirm: confirm)
    }

    /// The mapping of another attribute to the same Salesforce field (R13).
    private func otherMapping(to mapping: Mapping) -> MappingReport? {
        workspace.mappings.first { other in
            other.mapping.key.object == mapping.key.object && other.mapping.salesforce == mapping.salesforce
                && other.mapping.key != mapping.key
        }
    }

    /// The mapping of the same attribute, for another object, in the other direction (R13).
    private func oppositeMapping(to mapping: Mapping) -> Mapping? {
        workspace.mappings.lazy.map(\.mapping).first { other in
            other.key.intercom == mapping.key.intercom && other.key.object != mapping.key.object
                && other.direction != mapping.direction
        }
    }
}
