"""The HTTP methods that the API knows, as OpenAPI writes them."""

METHODS = ("get", "post", "put", "patch", "delete")
