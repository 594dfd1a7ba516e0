"""Everything about Camunda 8: models, API functions, authentication and the job worker."""
