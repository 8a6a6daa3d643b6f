"""Which readings are anomalous."""
