"""Being called: personal pages, contact rules, direct calls that ring in the browser, and contacts."""
