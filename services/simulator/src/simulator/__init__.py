"""A fleet of simulated sensors, and a player of recorded series: both post readings to ingest-api."""
