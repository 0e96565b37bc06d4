"""Processor time by the row, so that a workload takes as long as it is told to and not as its functions happen to."""

from pyspark.sql import functions as F


def spin(column, rounds):
    """A value that takes `rounds` SHA-512 digests to compute, about a microsecond each."""
    value = column.cast("string")
    for _ in range(rounds):
        value = F.sha2(value, 512)
    return value


def write_nowhere(frame):
    """Computes every row and column, and keeps none."""
    frame.write.format("noop").mode("overwrite").save()
