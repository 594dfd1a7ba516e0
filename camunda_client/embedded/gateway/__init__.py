"""Camunda's REST API over an engine, on loopback."""
