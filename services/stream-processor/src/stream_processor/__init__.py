"""The stream processor: Kafka in, Iceberg tables, alerts and window statistics out."""
