"""Memory that does not suffice: sorts that spill, heaps that only collect garbage, drivers that hold everything."""

from pyspark.sql import functions as F

from pace import LAKE, discard
from variant import defect, local

ONE_G = {"spark.driver.memory": "1g"}
TIGHT = {
    "spark.memory.fraction": "0.03",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.adaptive.coalescePartitions.minPartitionNum": "8",
}
CAUSES = {
    "gc-pressure": "the heap is small for the rows",
    "memory-underprovisioned": "the memory for execution is small, which is the cause of the spill",
    "shuffle-partitions": "more partitions would fit into the memory, which is the cause of the spill",
    "shuffle-write": "the rows that spill are shuffled before",
    "serializer": "rows are written and read back",
}


def lines(spark):
    """Two million lines of text of 128 letters, which cost little to read and do not compress."""
    return spark.read.text(f"{LAKE}/pages")


@defect("disk-spill", "sort-lines", place=local(2), jvm=ONE_G, conf=TIGHT, allowed=CAUSES)
@defect("disk-spill", "sort-lines-35", spark="3.5", place=local(2), jvm=ONE_G, conf=TIGHT, allowed=CAUSES)
def sorted_lines(spark):
    """Sorts 250 MB in eight partitions; spark.memory.fraction leaves a task 10 MB."""
    discard(lines(spark).repartition(8, "value").sortWithinPartitions("value"))


@defect("disk-spill", "sort-merge-join", place=local(2), jvm=ONE_G, conf={**TIGHT, "spark.sql.autoBroadcastJoinThreshold": "-1"}, allowed={"missed-broadcast": "one side would fit a broadcast", **CAUSES})
@defect("disk-spill", "sort-merge-join-35", spark="3.5", place=local(2), jvm=ONE_G, conf={**TIGHT, "spark.sql.autoBroadcastJoinThreshold": "-1"}, allowed={"missed-broadcast": "one side would fit a broadcast", **CAUSES})
def joined_lines(spark):
    """Joins the lines with half of them by sorting both sides."""
    half = spark.read.text(f"{LAKE}/pages/part-[0-3].txt").selectExpr("value", "length(value) as letters")
    discard(lines(spark).join(half, "value"))


@defect("disk-spill", "collect-list", place=local(2), jvm=ONE_G, conf=TIGHT, allowed=CAUSES)
def collected_lines(spark):
    """collect_list of whole lines by a fine key."""
    keyed = lines(spark).selectExpr("pmod(hash(value), 400000) as visitor", "value")
    discard(keyed.groupBy("visitor").agg(F.collect_list("value").alias("lines")))


@defect("disk-spill", "window-ranking", place=local(2), jvm=ONE_G, conf=TIGHT, allowed=CAUSES)
def ranked_lines(spark):
    """Ranks whole lines within a few groups."""
    ranked = lines(spark).selectExpr("*", "row_number() over (partition by substr(value, 1, 1) order by value) as place")
    discard(ranked.where("place > 0"))


HEAP = {
    "memory-underprovisioned": "the heap is too small for what the tasks keep alive",
    "disk-spill": "the heap is too small for what the tasks keep alive",
    "low-cpu": "collecting garbage is not the task's own processor time",
    "cache-misuse": "the cached rows fill the heap",
    "memory-overhead": "the heap is full",
}


def heap(memory, young):
    return {"spark.driver.memory": memory, "spark.driver.extraJavaOptions": f"-XX:+UseSerialGC -Xmn{young}"}


@defect("gc-pressure", "arrays-of-strings", place=local(2), jvm=heap("900m", "4m"), allowed=HEAP, rows=9000, width=400)
@defect("gc-pressure", "arrays-of-strings-35", spark="3.5", place=local(2), jvm=heap("900m", "4m"), allowed=HEAP, rows=9000, width=400)
@defect("gc-pressure", "wider-arrays", place=local(2), jvm=heap("900m", "4m"), allowed=HEAP, rows=3000, width=1500)
def arrays(spark, rows, width):
    """Arrays of strings are built, sorted and joined row by row with a young generation of 4 MB."""
    keep = spark.range(0, 900_000, 1, 4).selectExpr("id", "sha2(string(id), 256) as page").persist()
    keep.count()
    words = f"transform(sequence(1, {width}), n -> concat(string(n * id), '-', string(n)))"
    frame = spark.range(1, rows, 1, 8).selectExpr(f"length(array_join(array_sort({words}), ',')) as letters")
    frame.groupBy().sum("letters").collect()


@defect("gc-pressure", "maps-per-row", place=local(2), jvm=heap("900m", "4m"), allowed=HEAP, rows=9000, width=200)
@defect("gc-pressure", "maps-per-row-35", spark="3.5", place=local(2), jvm=heap("900m", "4m"), allowed=HEAP, rows=9000, width=200)
def maps(spark, rows, width):
    """A map of objects for each row, filtered and turned into JSON."""
    keep = spark.range(0, 900_000, 1, 4).selectExpr("id", "sha2(string(id), 256) as page").persist()
    keep.count()
    entries = f"transform(sequence(1, {width}), n -> struct(concat('k', string(n)) as key, concat(string(id), '/', string(n)) as value))"
    frame = spark.range(1, rows, 1, 8).selectExpr(f"length(to_json(map_from_entries({entries}))) as letters")
    frame.groupBy().sum("letters").collect()


TAKEN = {"driver-gap": "the driver takes the rows while no task runs", "gc-pressure": "the driver's heap is full of results", "idle-cores": "the cores wait for the driver", "low-parallelism": "few tasks", "task-serialization": "the results are serialised for the driver", "memory-underprovisioned": "the driver's heap is full of results"}


@defect("driver-memory", "collect-everything", place=local(2), jvm=ONE_G, conf={"spark.driver.maxResultSize": "0"}, allowed=TAKEN, rows=700_000)
@defect("driver-memory", "collect-everything-35", spark="3.5", place=local(2), jvm=ONE_G, conf={"spark.driver.maxResultSize": "0"}, allowed=TAKEN, rows=700_000)
def collect_all(spark, rows):
    """collect() of a whole table into a driver of 1 GB."""
    kept = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}").select("order_id", "note").collect()
    print(len(kept))


@defect("driver-memory", "to-pandas-everything", place=local(2), jvm=ONE_G, conf={"spark.driver.maxResultSize": "0"}, allowed=TAKEN)
@defect("driver-memory", "to-pandas-everything-35", spark="3.5", place=local(2), jvm=ONE_G, conf={"spark.driver.maxResultSize": "0"}, allowed=TAKEN)
def to_pandas_all(spark):
    """toPandas() of 90 MB of text into a driver of 1 GB, by Arrow."""
    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
    frame = spark.read.text(f"{LAKE}/pages/part-[0-2].txt").toPandas()
    print(len(frame))


@defect("driver-memory", "collect-lists", place=local(2), jvm=ONE_G, conf={"spark.driver.maxResultSize": "0"}, allowed={"disk-spill": "lists of all rows", **TAKEN})
def collect_lists(spark):
    """One list a country of all notes, taken to the driver."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 900000")
    kept = orders.groupBy("country").agg(F.collect_list("note").alias("notes")).collect()
    print(sum(len(row["notes"]) for row in kept))
