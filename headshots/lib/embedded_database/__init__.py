"""A Django database backend: PostgreSQL, started by the project when it is first connected to."""
