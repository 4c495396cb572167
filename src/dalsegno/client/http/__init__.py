"""The Client's other transport: a server, over HTTP. It gives what the service in this process gives."""
