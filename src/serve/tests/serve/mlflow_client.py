"""Every call of MLflow's tracking interface with the stock client: mlflow_client.py ADDRESS ID_OF_A_GALLEY_RUN"""

import io
import json
import math
import os
import sys
import tempfile
import urllib.request

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException
from PIL import Image

address, own = sys.argv[1:]
mlflow.set_tracking_uri(address)
client = MlflowClient(address)


def refused(call, part):
    try:
        call()
    except MlflowException as error:
        assert part in str(error), error
    else:
        raise AssertionError(f"was not refused: {part}")


def experiments():
    one = client.create_experiment("pages", tags={"team": "web"})
    found = client.get_experiment(one)
    assert (found.name, found.tags, found.lifecycle_stage) == ("pages", {"team": "web"}, "active")
    assert found.artifact_location == f"mlflow-artifacts:/{one}"
    assert client.get_experiment_by_name("pages").experiment_id == one
    assert client.get_experiment_by_name("none") is None
    refused(lambda: client.create_experiment("pages"), "already exists")
    client.rename_experiment(one, "sites")
    client.set_experiment_tag(one, "team", "lines\nof text")
    client.set_experiment_tag(one, "gone", "x")
    client.delete_experiment_tag(one, "gone")
    assert client.get_experiment(one).tags == {"team": "lines\nof text"}
    two = client.create_experiment("charts")
    names = [each.name for each in client.search_experiments(filter_string="name LIKE '%s'", order_by=["name DESC"])]
    assert names == ["sites", "charts"], names
    page = client.search_experiments(max_results=2)
    rest = client.search_experiments(max_results=2, page_token=page.token)
    assert len(page) == 2 and len(rest) == 1 and rest.token is None
    client.delete_experiment(two)
    assert [each.name for each in client.search_experiments(ViewType.DELETED_ONLY)] == ["charts"]
    client.restore_experiment(two)
    return one, two


def runs(experiment):
    run = client.create_run(experiment, run_name="first", tags={"mlflow.user": "somebody", "a": "b"})
    id = run.info.run_id
    assert (run.info.status, run.info.run_name, run.info.user_id) == ("RUNNING", "first", "somebody")
    client.log_param(id, "lr", 0.1)
    client.log_param(id, "lr", 0.1)
    refused(lambda: client.log_param(id, "lr", 0.2), "Changing param values is not allowed")
    client.log_metric(id, "loss", 1.0, timestamp=1000, step=1)
    client.log_batch(
        id,
        [Metric("loss", 0.5, 2000, 2), Metric("loss", 0.25, 3000, 3), Metric("bad", math.nan, 1, 0), Metric("big", math.inf, 1, -1)],
        [Param("model", "tiny"), Param("empty", "")],
        [RunTag("stage", "train"), RunTag("mlflow.note.content", "a <b>note</b>")],
    )
    client.set_tag(id, "more", "x")
    client.delete_tag(id, "more")
    refused(lambda: client.delete_tag(id, "more"), "No tag with name: more")
    read = client.get_run(id)
    assert read.data.params == {"lr": "0.1", "model": "tiny", "empty": ""}
    assert read.data.metrics["loss"] == 0.25 and math.isnan(read.data.metrics["bad"]) and read.data.metrics["big"] > 1e300
    assert read.data.tags["stage"] == "train" and "more" not in read.data.tags
    history = client.get_metric_history(id, "loss")
    assert [(each.value, each.timestamp, each.step) for each in history] == [(1.0, 1000, 1), (0.5, 2000, 2), (0.25, 3000, 3)]
    assert client.get_metric_history(id, "none") == []
    client.log_inputs(id, [DatasetInput(Dataset("d", "1", "local", "{}"), [InputTag("mlflow.data.context", "train")])])
    inputs = client.get_run(id).inputs.dataset_inputs
    assert (inputs[0].dataset.name, inputs[0].tags[0].value) == ("d", "train")
    client.update_run(id, name="renamed")
    assert client.get_run(id).info.run_name == "renamed"
    client.set_terminated(id, "FAILED", 4000)
    assert (client.get_run(id).info.status, client.get_run(id).info.end_time) == ("FAILED", 4000)
    client.delete_run(id)
    assert client.get_run(id).info.lifecycle_stage == "deleted"
    refused(lambda: client.log_metric(id, "loss", 1), "must be in the 'active' state")
    client.restore_run(id)
    refused(lambda: client.get_run("0" * 32), "not found")
    refused(lambda: client.log_metric(id, "a<b", 1), "Names may only contain")
    return id


def artifacts(id):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.txt")
        with open(path, "w") as file:
            file.write("hello")
        client.log_artifact(id, path)
        client.log_artifacts(id, folder, "notes")
    client.log_text(id, "text é", "deep/er/t.txt")
    client.log_dict(id, {"a": 1}, "d.json")
    client.log_image(id, Image.new("RGB", (8, 6), (200, 10, 10)), "picture.png")
    client.log_image(id, Image.new("RGB", (8, 6), (10, 200, 10)), key="render", step=3, synchronous=True)
    paths = {each.path: each.is_dir for each in client.list_artifacts(id)}
    assert paths == {"a.txt": False, "notes": True, "deep": True, "d.json": False, "picture.png": False, "images": True}, paths
    assert [each.path for each in client.list_artifacts(id, "notes")] == ["notes/a.txt"]
    assert any(each.path.endswith(".png") for each in client.list_artifacts(id, "images"))
    with tempfile.TemporaryDirectory() as folder:
        whole = mlflow.artifacts.download_artifacts(run_id=id, dst_path=folder)
        assert open(os.path.join(whole, "notes/a.txt")).read() == "hello"
        assert open(os.path.join(whole, "deep/er/t.txt"), encoding="utf-8").read() == "text é"
        assert Image.open(os.path.join(whole, "picture.png")).getpixel((1, 1)) == (200, 10, 10)
    assert mlflow.artifacts.load_dict(f"runs:/{id}/d.json") == {"a": 1}
    uri = client.get_run(id).info.artifact_uri
    mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(uri).delete_artifacts("d.json")
    assert "d.json" not in {each.path for each in client.list_artifacts(id)}
    with urllib.request.urlopen(f"{address}/get-artifact?run_id={id}&path=a.txt") as answer:
        assert answer.read() == b"hello" and "attachment" in answer.headers["content-disposition"]


def search(experiment, id):
    mlflow.set_experiment(experiment_id=experiment)
    for index in range(5):
        with mlflow.start_run(run_name=f"sweep-{index}"):
            mlflow.log_params({"width": index})
            mlflow.log_metrics({"score": index / 10}, step=index)
            mlflow.set_tags({"parity": "even" if index % 2 == 0 else "odd"})
    found = lambda filter, **more: [each.info.run_name for each in client.search_runs([experiment], filter, **more)]
    assert found("metrics.score > 0.15 and params.width != '4'", order_by=["metrics.score DESC"]) == ["sweep-3", "sweep-2"]
    assert found("tags.parity = 'odd'", order_by=["metrics.score ASC"]) == ["sweep-1", "sweep-3"]
    assert found("attributes.status = 'FAILED'") == ["renamed"]
    assert found("attributes.run_name LIKE 'sweep-%' AND metrics.score <= 0.1", order_by=["params.width"]) == ["sweep-0", "sweep-1"]
    assert found(f"attributes.run_id IN ('{id}')") == ["renamed"]
    assert found("datasets.name = 'd'") == ["renamed"]
    first = client.search_runs([experiment], max_results=4)
    second = client.search_runs([experiment], max_results=4, page_token=first.token)
    assert len(first) == 4 and len(second) == 2 and second.token is None
    refused(lambda: client.search_runs([experiment], "metrics.score >"), "INVALID_PARAMETER_VALUE")
    refused(lambda: client.search_runs([experiment], max_results=10**9), "Invalid value 1000000000 for parameter 'max_results'")
    listed = mlflow.search_runs([experiment], "metrics.score = 0.2", output_format="list")
    assert [each.data.params["width"] for each in listed] == ["2"]


def models(experiment, id):
    model = client.create_logged_model(experiment, name="net", params={"depth": "2"}, tags={"t": "1"}, source_run_id=id)
    client.log_model_params(model.model_id, {"width": "8"})
    client.set_logged_model_tags(model.model_id, {"t": "2", "u": "3"})
    client.delete_logged_model_tag(model.model_id, "u")
    client.log_metric(id, "acc", 0.5, model_id=model.model_id, dataset_name="d", dataset_digest="1")
    ready = client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    assert (ready.status, ready.params, ready.tags) == (LoggedModelStatus.READY, {"depth": "2", "width": "8"}, {"t": "2"})
    assert [each.value for each in client.get_logged_model(model.model_id).metrics] == [0.5]
    assert [each.name for each in client.search_logged_models([experiment], "name = 'net'")] == ["net"]
    client.log_outputs(id, [LoggedModelOutput(model.model_id, 1)])
    assert client.get_run(id).outputs.model_outputs[0].model_id == model.model_id
    client.delete_logged_model(model.model_id)
    refused(lambda: client.get_logged_model(model.model_id), "not found")


def of_galley():
    read = client.get_run(own)
    assert read.info.run_name == "own" and read.data.params["train.steps"] == "40"
    assert len(client.get_metric_history(own, "loss")) == 40
    assert len(client.get_metric_history(own, "design2code")) == 3
    found = client.search_runs(["0"], "metrics.design2code > 0.1 and params.`train.lr` = '3e-4'")
    assert [each.info.run_id for each in found] == [own]
    client.set_tag(own, "reviewed", "yes")
    assert client.get_run(own).data.tags["reviewed"] == "yes"
    refused(lambda: client.log_metric(own, "loss", 0), "recorded by galley itself")


one, two = experiments()
id = runs(one)
artifacts(id)
search(one, id)
models(two, id)
of_galley()
with urllib.request.urlopen(f"{address}/version") as answer:
    assert answer.read().decode().count(".") == 2
with urllib.request.urlopen(f"{address}/health") as answer:
    assert answer.read() == b"OK"
print("all calls answered")
