"""Work whose time follows the rows and not the machine: calls that wait, as a lookup in a remote service does."""

import time

ROOT = "/tmp/spark-work/detection"
LAKE = f"{ROOT}/lake"
OUT = f"{ROOT}/out"

WAITS = {"low-cpu": "the tasks wait for a call per row by construction"}


def waits(every, ms, key="id"):
    """SQL condition, always true, that waits `ms` in the JVM for each row whose numeric `key` is a multiple of `every`."""
    call = f"reflect('java.lang.Thread', 'sleep', cast({ms} as bigint))"
    return f"if(pmod({key}, {every}) = 0, {call}, 'null') = 'null'"


SLEEP = "reflect('java.lang.Thread', 'sleep', cast({} as bigint)) = 'null'"


def tasks_of(frame, ms):
    """The frame's rows, each after a wait of `ms` (a number or an SQL expression) in the JVM."""
    return frame.where(SLEEP.format(f"({ms})"))


def run_tasks(spark, tasks, ms, rows=10):
    """One stage of `tasks` tasks of `rows` rows, where each task takes `ms`; `ms` may ask for `spark_partition_id()`."""
    discard(tasks_of(spark.range(0, tasks * rows, 1, tasks), f"({ms}) / {rows}"))


def slowly(every, ms):
    """Partition function for RDDs: passes rows on and waits `ms` after each `every` rows."""

    def each(rows):
        for number, row in enumerate(rows):
            if number % every == 0:
                time.sleep(ms / 1000)
            yield row

    return each


def discard(frame):
    """Runs a query to its end and keeps nothing."""
    frame.write.format("noop").mode("overwrite").save()
