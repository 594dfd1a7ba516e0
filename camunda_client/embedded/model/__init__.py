"""What is deployed: BPMN, DMN and forms, read once into a model that does not change while instances run."""
