"""Brings everything that a stack runs on into `.local`: environments, jars, the dashboard's page."""
