"""What runs beside a Kafka partition: messages in, table files and facts out. No Spark but in `worker`."""
