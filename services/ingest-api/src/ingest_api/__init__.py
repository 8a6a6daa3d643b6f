"""The front door: takes readings by HTTP, judges them and answers once Kafka has acknowledged them."""
