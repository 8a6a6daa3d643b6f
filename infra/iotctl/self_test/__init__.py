"""`iotctl self-test`: one reading through the whole pipeline, with the time of each hop."""
