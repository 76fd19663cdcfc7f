"""Pages: forms, lists and what people do with them."""
