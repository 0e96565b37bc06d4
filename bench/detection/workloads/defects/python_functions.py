"""Row-at-a-time Python where a native expression exists, and data that travels inside the tasks."""

from pyspark.sql import functions as F

from pace import LAKE, discard
from variant import defect, local

ROWS = {"low-cpu": "the JVM waits for Python", "task-serialization": "rows go to Python and back", "serializer": "rows go to Python and back", "gc-pressure": "rows go to Python and back"}


@defect("python-udf", "upper-case", place=local(2), allowed=ROWS, rows=1_000_000)
@defect("python-udf", "upper-case-35", spark="3.5", place=local(2), allowed=ROWS, rows=400_000)
def upper_case(spark, rows):
    """Four Python functions for what upper, substring, length and concat do."""
    upper = F.udf(lambda note: note.upper())
    head = F.udf(lambda note: note[:6])
    count = F.udf(lambda note: sum(1 for letter in note if letter == "A"), "int")
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    discard(orders.select(upper("note").alias("n"), "amount").select(head("n").alias("h"), count("n").alias("c")))


@defect("python-udf", "filter-by-python", place=local(2), allowed=ROWS, rows=1_600_000)
@defect("python-udf", "filter-by-python-35", spark="3.5", place=local(2), allowed=ROWS, rows=500_000)
def filter_by_python(spark, rows):
    """A Python function as the filter of a large table."""
    wanted = F.udf(lambda note, amount: amount > 20 and note.count("a") > 1 and not note.startswith("00"), "boolean")
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    orders.where(wanted("note", "amount")).groupBy("country").agg(F.sum("amount")).collect()


@defect("python-udf", "date-parsing", place=local(2), allowed=ROWS, rows=400_000)
@defect("python-udf", "pickled-dates", place=local(2), conf={"spark.sql.execution.pythonUDF.arrow.enabled": "false"}, allowed=ROWS, rows=400_000)
def date_parsing(spark, rows):
    """strptime for each row, where to_date would do."""

    @F.udf("string")
    def month(value):
        from datetime import datetime

        return datetime.strptime(value[:19], "%Y-%m-%d %H:%M:%S").strftime("%Y-%m")

    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    orders.selectExpr("string(ordered_at) as at", "amount").groupBy(month("at").alias("month")).sum("amount").collect()


SENT = {"scheduler-delay": "the tasks are sent with megabytes of rows", "driver-gap": "the driver packs the rows", "driver-memory": "the driver holds the rows", "idle-cores": "the cores wait for the driver", "low-cpu": "tasks take apart what they were sent", "serializer": "rows are packed by the driver"}


@defect("task-serialization", "parallelize-a-list", place=local(4), allowed=SENT, megabytes=240, slices=24)
@defect("task-serialization", "parallelize-a-list-35", spark="3.5", place=local(4), allowed=SENT, megabytes=240, slices=24)
@defect("task-serialization", "many-slices-35", spark="3.5", place=local(4), allowed=SENT, megabytes=200, slices=64)
@defect("task-serialization", "sixteen-slices", place=local(8), allowed=SENT, megabytes=160, slices=16)
@defect("task-serialization", "fewer-larger-slices", place=local(4), allowed=SENT, megabytes=200, slices=8)
def parallelize_list(spark, megabytes, slices):
    """A list of the driver is parallelized: its rows travel inside the tasks."""
    import os

    block = [os.urandom(1024) for _ in range(1024)]
    rows = [block[at % 1024] + os.urandom(8) for at in range(megabytes * 1024)]
    spark.sparkContext.parallelize(rows, slices)._jrdd.count()
