"""InfluxDB's write addresses: line protocol, and the error bodies of each version."""
