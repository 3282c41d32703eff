"""The embedded store: a hot table in DuckDB, ended days sealed as Parquet (docs/stores.md, "duckdb")."""
