"""The fleet: who the sensors are, what they measure, and the service that runs them."""
