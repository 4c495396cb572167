"""The service over HTTP: REST, live events, one engine. Routes call the service and nothing else."""
