"""What goes over the wire between a server and those who ask it: shapes of requests and responses, errors, events."""
