"""What happens to a message on its way into the tables: pure functions from DataFrame to DataFrame."""
