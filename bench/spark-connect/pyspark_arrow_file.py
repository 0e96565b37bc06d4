"""One run of PySpark: the query's result into an Arrow file. Prints milliseconds and peak resident bytes as JSON."""

import json
import resource
import sys
import time

import pyarrow as pa
from pyspark.sql import SparkSession

remote, sql, path = sys.argv[1:4]
spark = SparkSession.builder.remote(remote).getOrCreate()
spark.sql("SELECT 1").toArrow()
idle = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
cpu = time.process_time()
start = time.perf_counter()
table = spark.sql(sql).toArrow()
with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
    writer.write_table(table)
ms = (time.perf_counter() - start) * 1000
cpu = (time.process_time() - cpu) * 1000
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
rows = table.num_rows
spark.stop()
print(json.dumps({"ms": ms, "peak": peak, "idle": idle, "rows": rows, "cpu": cpu}))
