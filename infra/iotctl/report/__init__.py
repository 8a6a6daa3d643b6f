"""`iotctl report`: what the analyses found, as a document for an operations manager."""
