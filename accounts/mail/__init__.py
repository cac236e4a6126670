"""Mail under an organisation's name, when it may go out, and what comes back."""
