"""Plans that are themselves the work: filters of thousands of terms."""

from pyspark.sql import functions as F

from pace import LAKE
from variant import defect, local


def any_of(terms):
    """The terms joined by OR, halved so that the expression is not as deep as it is long."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return any_of(terms[:half]) | any_of(terms[half:])


PLANNING = {"driver-gap": "the driver plans for seconds while no task runs", "idle-cores": "the cores wait for the plan", "driver-memory": "the plan fills the driver's heap", "task-serialization": "each task carries the filter", "low-cpu": "the driver plans", "repeated-scan": "the table is read by several queries"}


@defect("long-filter", "or-of-equalities", place=local(2), allowed=PLANNING, terms=1500)
@defect("long-filter", "or-of-equalities-35", spark="3.5", place=local(2), allowed=PLANNING, terms=1200)
def or_of_equalities(spark, terms):
    """A filter put together in a loop: customer = 1 and product = 2, or customer = 3 and product = 4, or …"""
    pairs = [(F.col("customer_id") == at) & (F.col("product_id") == at % 500) for at in range(terms)]
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000")
    orders.where(any_of(pairs)).groupBy("country").count().collect()


@defect("long-filter", "giant-in-list", place=local(2), allowed=PLANNING, terms=30_000)
@defect("long-filter", "giant-in-list-35", spark="3.5", place=local(2), allowed=PLANNING, terms=30_000)
def giant_in_list(spark, terms):
    """The ids of another table are pasted into an IN list."""
    listed = ",".join(f"'{at:08x}{at * 7919:024x}'" for at in range(terms))
    spark.read.parquet(f"{LAKE}/orders").createOrReplaceTempView("orders")
    spark.sql(f"select country, count(*) from orders where note in ({listed}) group by country").collect()


@defect("long-filter", "like-any-of-thousand", place=local(2), allowed=PLANNING, terms=1200)
def like_any(spark, terms):
    """A thousand patterns, each as a LIKE of its own."""
    patterns = " or ".join(f"note like '%{at:05x}%'" for at in range(terms))
    spark.read.parquet(f"{LAKE}/orders").where("order_id < 150000").createOrReplaceTempView("orders")
    spark.sql(f"select country, count(*) from orders where {patterns} group by country").collect()
