"""One consistent relation over the table's snapshot and the topic's tail, and the engine that queries it."""
