"""Publishing: accepted readings to Kafka, each acknowledged or reported."""
