// MARK: - Standing in for the past

extension QuotaState {
    /// Makes a workspace known without any event about it: a state folded without calls does not know workspaces that
    /// only ever made calls. For answering questions about the past, never for a state that is encoded.
    package mutating func acknowledge(org: String, workspace: String) {
        _ = ensureWorkspace(workspace, in: ensureOrg(org))
    }
}
