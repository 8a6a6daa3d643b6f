"""Gathers an audit's evidence from Kafka, the tables, the metastore and query-api, and lets the invariants judge it.

`iotctl audit` runs it with the interpreter of query-api's environment, for that one's drivers; it imports no service.
"""
