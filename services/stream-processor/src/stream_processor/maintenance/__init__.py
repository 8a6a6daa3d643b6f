"""What keeps the tables small and fast: compaction and snapshot expiry."""
