"""NAO Cloud over HTTP."""
