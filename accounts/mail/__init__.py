"""Mail under an organisation's name, and what comes back."""
