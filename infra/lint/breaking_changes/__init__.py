"""Names what breaks for those who use our topics and HTTP interfaces."""
