"""MLflow's side of `scripts/bench-store`, and the table: bench_store.py FOLDER RUNS [URI of galley serve].

FOLDER/galley holds what `store_bench` printed. The server runs with SQLite in FOLDER; the runs to list are put into its
database directly, since logging them alone would take minutes; what is measured goes through the client.
"""

import logging
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
logging.disable(logging.WARNING)

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunStatus  # noqa: E402
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: E402

FOLDER, RUNS = pathlib.Path(sys.argv[1]), int(sys.argv[2])
GALLEY_URI = sys.argv[3] if len(sys.argv) > 3 else None
CALLS, BATCHES = 100, 5


def fill(database):
    """The runs that `store_bench` makes: the first by MLflow's own store, the others as copies of its rows."""
    store = SqlAlchemyStore(database, str(FOLDER / "artifacts"))
    first = store.create_run("0", "me", 0, [], "run 0").info.run_id
    metrics = [Metric(f"m{at % 10}", at / 100, at, at // 10) for at in range(20)]
    store.log_batch(first, metrics, [Param(f"p{at}", "0") for at in range(3)], [])
    store.update_run_info(first, RunStatus.FINISHED, 1, None)
    file = sqlite3.connect(database.removeprefix("sqlite:///"))
    for table in ("runs", "metrics", "latest_metrics", "params", "tags"):
        rows = file.execute(f"select * from {table} where run_uuid = ?", [first])
        columns = [column[0] for column in rows.description]
        rows = [dict(zip(columns, row)) for row in rows.fetchall()]
        insert = f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"
        for run in range(1, RUNS):
            for row in rows:
                copy = {name: changed(value, first, run) for name, value in row.items()}
                if "metrics" in table:
                    copy["value"] = (run + int(row["key"][1:]) + 10 * row["step"]) % 100 / 100
                if table == "params":
                    copy["value"] = str(run % (int(row["key"][1:]) + 2))
                if table == "runs":
                    copy["start_time"] = run
                file.execute(insert, list(copy.values()))
    file.commit()
    file.close()


def changed(value, first, run):
    """Ids and names of run 0 as those of another."""
    if not isinstance(value, str):
        return value
    return value.replace(first, f"{run:032x}").replace("run 0", f"run {run}")


def serve(database):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--artifacts-destination", str(FOLDER / "artifacts")]
    with open(FOLDER / "server.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{uri}/health", timeout=1).read()
            return server, uri
        except OSError:
            time.sleep(0.2)
    raise SystemExit("bench-store: MLflow's server does not answer; see " + str(FOLDER / "server.log"))


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def search_all(client, filter_string=""):
    found, token = 0, None
    while True:
        page = client.search_runs(["0"], filter_string, max_results=1000, page_token=token, order_by=["metrics.m1 DESC"] if filter_string else None)
        found, token = found + len(page), page.token
        if not token:
            return found


def logged(client):
    """Milliseconds of a log_metric, points a second of a log_batch."""
    run = client.create_run("0").info.run_id
    client.log_metric(run, "loss", 0.0, step=0)
    each = seconds(lambda: [client.log_metric(run, "loss", step / 7, step=step) for step in range(CALLS)]) / CALLS
    batches = [[Metric(f"m{at % 10}", 0.1, batch, at + batch * 1000) for at in range(1000)] for batch in range(BATCHES)]
    run = client.create_run("0").info.run_id
    whole = seconds(lambda: [client.log_batch(run, batch) for batch in batches])
    return each * 1e3, BATCHES * 1000 / whole


def history(client):
    run = client.create_run("0").info.run_id
    for start in range(0, 10_000, 1000):
        client.log_batch(run, [Metric("loss", step / 7, step, step) for step in range(start, start + 1000)])
    return statistics.median(seconds(lambda: client.get_metric_history(run, "loss")) for _ in range(3)) * 1e3


def measured(client):
    listed = statistics.median(seconds(lambda: search_all(client)) for _ in range(3)) * 1e3
    searched = statistics.median(
        seconds(lambda: search_all(client, "metrics.m1 > 0.5 and params.p1 = '1'")) for _ in range(3)
    ) * 1e3
    each, batch = logged(client)
    return {"list": listed, "search": searched, "log_metric": each, "log_batch": batch, "history": history(client)}


def row(what, ours, theirs, ratio):
    print(f"{what:<44}{ours:>16}{theirs:>18}{ratio:>10.0f}×")


def main():
    galley = {}
    for line in (FOLDER / "galley").read_text().splitlines():
        name, value, unit = line.split("\t")
        galley[name] = float(value)
        print(f"{name:<44}{float(value):>16,.3f} {unit}")
    database = f"sqlite:///{FOLDER / 'mlflow.db'}"
    fill(database)
    server, uri = serve(database)
    try:
        peer = measured(MlflowClient(uri))
    finally:
        server.terminate()
        server.wait()
    print(f"\n{'':<44}{'galley':>16}{'MLflow server':>18}{'':>11}")
    row(f"list {RUNS} runs, ms", f"{galley['open + list']:.1f}", f"{peer['list']:.0f}", peer["list"] / galley["open + list"])
    row("search with filter, ms", f"{galley['search with filter']:.1f}", f"{peer['search']:.0f}", peer["search"] / galley["search with filter"])
    row("log_metric, µs a call", f"{galley['log_metric']:.1f}", f"{peer['log_metric'] * 1e3:.0f}", peer["log_metric"] * 1e3 / galley["log_metric"])
    row("log_batch of 1,000, points/s", f"{galley['log_batch of 1,000']:,.0f}", f"{peer['log_batch']:,.0f}", galley["log_batch of 1,000"] / peer["log_batch"])
    row("history of 10,000 points, ms", f"{galley['history of 10,000 points']:.1f}", f"{peer['history']:.0f}", peer["history"] / galley["history of 10,000 points"])
    if GALLEY_URI:
        served = measured(MlflowClient(GALLEY_URI))
        print(f"\n{'through the same Python client':<44}{'galley serve':>16}{'MLflow server':>18}")
        for name, what in [("list", "list the runs there, ms"), ("search", "search with filter, ms"), ("log_metric", "log_metric, ms a call"), ("history", "history of 10,000 points, ms")]:
            row(what, f"{served[name]:.2f}", f"{peer[name]:.2f}", peer[name] / served[name])
        row("log_batch of 1,000, points/s", f"{served['log_batch']:,.0f}", f"{peer['log_batch']:,.0f}", served["log_batch"] / peer["log_batch"])


main()
