"""Reading and writing data files: CSV, Ion, Avro, Parquet.

Every conversion has two ways that give equal data. The reference way reads row by row and knows what is wrong with a row;
the fast way takes whole blocks with pyarrow and polars, and hands a block that is not plainly formed to the other.
"""
