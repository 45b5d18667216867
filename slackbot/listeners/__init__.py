"""What Slack sends, one module for each thing people do; each has a `register`."""
