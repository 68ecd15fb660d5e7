"""The stock MLflow client on two servers: bench_rest.py OUR_SERVER [--points N] [--runs N] [--rounds N]

Prints the median over the rounds; both servers are measured in turn, on the same machine and in the same minutes.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

arguments = argparse.ArgumentParser()
arguments.add_argument("ours")
arguments.add_argument("--points", type=int, default=20000)
arguments.add_argument("--calls", type=int, default=100)
arguments.add_argument("--runs", type=int, default=200)
arguments.add_argument("--rounds", type=int, default=3)
arguments = arguments.parse_args()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def started(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            return process, MlflowClient(f"http://127.0.0.1:{port}")
        except OSError:
            time.sleep(0.1)
    sys.exit("a server did not start")


def timed(work, count):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) / count


def measure(client, experiment):
    id = client.create_run(experiment).info.run_id
    single = lambda: [client.log_metric(id, "single", i / 7, step=i) for i in range(arguments.calls)]
    batches = [
        [Metric(f"m{i % 10}", i / 7, 1_700_000_000_000 + i, i // 10) for i in range(start, min(start + 1000, arguments.points))]
        for start in range(0, arguments.points, 1000)
    ]
    batch = lambda: [client.log_batch(id, metrics=metrics) for metrics in batches]
    return {
        "log_metric, ms a call": 1e3 * timed(single, arguments.calls),
        "log_batch of 1,000, µs a point": 1e6 * timed(batch, arguments.points),
        "history, µs a point": 1e6 * timed(lambda: client.get_metric_history(id, "m0"), arguments.points // 10),
    }


def many(client, experiment):
    for index in range(arguments.runs):
        id = client.create_run(experiment, run_name=f"r{index}").info.run_id
        client.log_batch(id, [Metric("score", index / 10, 1, 0)], [Param("seed", str(index))])
        client.set_terminated(id)


def searches(client, experiment):
    return {
        f"search_runs, all {arguments.runs}, ms": 1e3 * timed(lambda: client.search_runs([experiment], max_results=50000), 1),
        "search_runs, filtered, ms": 1e3 * timed(lambda: client.search_runs([experiment], "metrics.score > 5 and params.seed != '7'"), 1),
    }


with tempfile.TemporaryDirectory() as folder:
    ports = free_port(), free_port()
    mlflow = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(ports[1]), "--workers", "1",
              "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--default-artifact-root", f"{folder}/artifacts"]
    ours, theirs = started([arguments.ours, f"{folder}/runs", str(ports[0])], ports[0]), started(mlflow, ports[1])
    try:
        results = {"galley": {}, "mlflow": {}}
        experiments = {}
        for name, (_, client) in (("galley", ours), ("mlflow", theirs)):
            experiments[name] = client.create_experiment("bench"), client.create_experiment("many")
            many(client, experiments[name][1])
        for _ in range(arguments.rounds):
            for name, (_, client) in (("galley", ours), ("mlflow", theirs)):
                found = {**measure(client, experiments[name][0]), **searches(client, experiments[name][1])}
                for what, value in found.items():
                    results[name].setdefault(what, []).append(value)
        print(f"{'':38} {'galley':>10} {'mlflow':>10} {'ratio':>7}")
        for what in results["galley"]:
            a, b = (statistics.median(results[name][what]) for name in ("galley", "mlflow"))
            print(f"{what:38} {a:10.2f} {b:10.2f} {b / a:6.1f}x")
    finally:
        ours[0].kill()
        theirs[0].terminate()
