"""The process of one meeting with callers. It alone holds keys, and ends with its last caller."""
