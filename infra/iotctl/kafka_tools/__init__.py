"""Commands that look into Kafka's topics and post through the front door; a module a verb."""
