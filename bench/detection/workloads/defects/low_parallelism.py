"""The heavy part of a query runs in one or two tasks while the other cores have nothing to do."""

from pace import LAKE, WAITS, discard, tasks_of, waits
from variant import defect, local

IDLE = {"idle-cores": "the cores that have no task in the narrow stage are idle for most of the run", **WAITS}
FEW = {"shuffle-partitions": "the narrow stage reads a shuffle of too few partitions", **IDLE}


@defect("low-parallelism", "coalesce-one-before-write", place=local(8), allowed=IDLE, partitions=1)
@defect("low-parallelism", "coalesce-two-before-write-35", spark="3.5", place=local(8), allowed=IDLE, partitions=2)
def coalesce_before_write(spark, partitions):
    """Somebody wanted one output file, so coalesce pulls the whole computation into one task."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 300000")
    enriched = orders.where(waits(30, 1, "order_id"))
    enriched.coalesce(partitions).write.mode("overwrite").csv("one-file")


@defect("low-parallelism", "repartition-one", place=local(4), allowed=FEW, partitions=1)
def repartition_one(spark, partitions):
    """repartition(1) in the middle of a query and work after it."""
    rows = spark.range(0, 400_000, 1, 8).selectExpr("id", "sha2(string(id), 256) as page")
    discard(rows.repartition(partitions).where(waits(50, 1)))


@defect("low-parallelism", "two-keys", place=local(8), allowed=FEW, keys=2)
@defect("low-parallelism", "three-keys-35", spark="3.5", place=local(8), allowed=FEW, keys=3)
def group_by_few_keys(spark, keys):
    """Rows are put together by a flag that has two or three values: no more tasks than that have rows."""
    rows = spark.range(0, 300_000, 1, 8).selectExpr("id", f"id % {keys} as flag", "sha2(string(id), 256) as page")
    discard(rows.repartition("flag").where(waits(25, 1)))


@defect("low-parallelism", "one-gz-file", place=local(4), allowed={"input-splits": "one file is one split", **IDLE}, files=1)
def one_gz_file(spark, files):
    """The day's export is one gzipped file, which only one task can read."""
    schema = "order_id long, customer_id long, product_id int, country string, amount double, ordered_at string, note string"
    orders = spark.read.schema(schema).option("header", True).csv(f"{LAKE}/one_gz")
    discard(orders.where(waits(50, 1, "order_id")).groupBy("country").sum("amount"))


@defect("low-parallelism", "window-without-partition", place=local(8), allowed=FEW, rows=200_000)
def window_without_partition(spark, rows):
    """row_number over the whole table: a window without PARTITION BY moves all rows to one task."""
    frame = spark.range(0, rows, 1, 8).selectExpr("id", "hash(id) as score", "sha2(string(id), 256) as page")
    numbered = frame.selectExpr("*", "row_number() over (order by score) as position")
    discard(numbered.where(waits(25, 1)))


@defect("low-parallelism", "rdd-two-splits", place=local(8), allowed={"input-splits": "the splits are what makes the tasks few", **IDLE}, splits=2)
def two_splits(spark, splits):
    """textFile with two splits on eight cores."""
    lines = spark.sparkContext.textFile(f"{LAKE}/whole.csv", splits)
    rows = spark.read.csv(lines.filter(lambda line: line[0] == "1" and line[5:6] == ","))
    discard(tasks_of(rows, "if(pmod(hash(_c0), 6) = 0, 6, 0)"))
