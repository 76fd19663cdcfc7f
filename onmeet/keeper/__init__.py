"""The keeper: a process that writes down what the notice permits of meetings, and deletes what is due."""
