"""Alert rules: PostgreSQL is the truth, `iot-rules` what the stream reads of it."""
