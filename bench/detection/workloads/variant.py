"""The catalogue of workloads: what each application does, where it runs, and what an analysis must say about it."""

from dataclasses import asdict, dataclass, field

CATALOGUE = []


def local(cores, failures=1):
    """Threads of the driver; a task may fail `failures - 1` times."""
    return {"master": f"local[{cores},{failures}]"}


def cluster(workers=2, cores=8, memory="1g"):
    """A standalone cluster of real executor processes, each worker with a loopback address of its own.

    Applications that use fewer cores say so with `spark.cores.max`.
    """
    return {"workers": workers, "coresPerWorker": cores, "memoryPerWorker": memory}


@dataclass
class Variant:
    """One application. `defect` is a rule id without its prefix, or None for a control."""

    id: str
    defect: str | None
    spark: str
    place: dict
    conf: dict
    jvm: dict
    expected: list
    allowed: dict
    parameters: dict
    description: str
    run: object = field(repr=False)

    def label(self):
        """Everything but the function, for the recorder."""
        return {key: value for key, value in asdict(self).items() if key != "run"}


def _register(kind, name, run, *, spark, place, conf, jvm, expected, allowed, parameters):
    CATALOGUE.append(
        Variant(
            id=f"{kind or 'control'}/{name}",
            defect=kind and f"spark/{kind}",
            spark=spark,
            place=place,
            conf=conf or {},
            jvm=jvm or {},
            expected=[f"spark/{rule}" for rule in expected],
            allowed={f"spark/{rule}": reason for rule, reason in (allowed or {}).items()},
            parameters=parameters,
            description=(run.__doc__ or "").strip(),
            run=lambda spark_session: run(spark_session, **parameters),
        )
    )
    return run


def defect(rule, name, *, spark="4.3", place=None, conf=None, jvm=None, allowed=None, also=(), **parameters):
    """Registers a variant of a defect; stack it for several. `also`: further rules that must be reported."""

    def register(run):
        return _register(
            rule,
            name,
            run,
            spark=spark,
            place=place or local(4),
            conf=conf,
            jvm=jvm,
            expected=[rule, *also],
            allowed=allowed,
            parameters=parameters,
        )

    return register


def control(name, *, spark="4.3", place=None, conf=None, jvm=None, allowed=None, **parameters):
    """Registers an application in which nothing is worth changing."""

    def register(run):
        return _register(
            None,
            name,
            run,
            spark=spark,
            place=place or local(4),
            conf=conf,
            jvm=jvm,
            expected=[],
            allowed=allowed,
            parameters=parameters,
        )

    return register
