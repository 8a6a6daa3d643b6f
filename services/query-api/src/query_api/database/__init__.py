"""This service's own PostgreSQL database: connection, tables, migrations."""
