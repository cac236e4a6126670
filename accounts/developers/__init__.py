"""Who may use the API: keys, scopes, partners, embedding, and the world of test keys."""
