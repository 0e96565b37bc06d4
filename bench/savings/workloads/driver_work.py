"""Applications whose driver works alone."""

import hashlib

from load import spin, write_nowhere
from pyspark.sql import functions as F


def driver_loop(spark, fixed, lake):
    """Between two jobs the driver works on collected rows that the executors could have worked on."""
    rows = spark.range(0, 120_000, 1, 4)
    write_nowhere(rows.select(spin(F.col("id"), 12).alias("digest")))
    if fixed:
        write_nowhere(rows.select(spin(F.col("id"), 4).alias("digest")))
    else:
        for row in rows.limit(120_000).collect():
            value = str(row.id).encode()
            for _ in range(30):
                value = hashlib.sha512(value).hexdigest().encode()
    write_nowhere(rows.select(spin(F.col("id"), 12).alias("digest")))


WORKLOADS = {"driver-loop": driver_loop}
