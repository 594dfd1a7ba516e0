"""An in-memory Camunda for development, demo and tests. Imports nothing else of this package."""
