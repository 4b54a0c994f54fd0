"""Records as flat tables: their columns, and the conversion to Arrow and data frames."""
