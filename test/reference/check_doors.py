"""Asks a server of relata through the client libraries of Hugging Face and Label Studio, and checks what they make of its answers.

  pip install huggingface_hub label-studio-sdk requests
  relata serve BUNDLE --port 8080
  python3 test/reference/check_doors.py http://127.0.0.1:8080 --posts posts.txt [--token TOKEN] [--record session.json]

With --label-studio WHEEL, the requests to the ML backend are sent by Label Studio's own connector (label_studio/ml/api_connector.py of the
package label-studio, which is not installed, only read), else by the same requests written here. --record keeps the requests and answers for
test/serving/recorded-doors.test.ts.
"""

import argparse
import ast
import datetime
import http.server
import json
import sys
import threading
import types
import urllib.error
import urllib.request
import zipfile

import requests
from huggingface_hub import InferenceClient
from label_studio_sdk.label_interface import LabelInterface

RECORDED_HEADERS = ["accept", "content-type", "authorization", "user-agent"]


class Recorder:
    """A proxy on a port of its own that keeps every request and answer."""

    def __init__(self, target):
        self.exchanges = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() in RECORDED_HEADERS}
                request = urllib.request.Request(target + self.path, body or None, headers, method=self.command)
                try:
                    answer = urllib.request.urlopen(request)
                except urllib.error.HTTPError as error:
                    answer = error
                content = answer.read()
                recorder.exchanges.append(
                    {
                        "method": self.command,
                        "path": self.path,
                        "headers": {name.lower(): value for name, value in headers.items()},
                        "body": body.decode(),
                        "status": answer.status,
                        "answer": json.loads(content),
                    }
                )
                self.send_response(answer.status)
                for name in ("content-type", "retry-after"):
                    if answer.headers.get(name):
                        self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = forward

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"


def read_posts(path):
    with open(path, encoding="utf-8") as lines:
        return [" ".join(ast.literal_eval(line)["token"]) if line.startswith("{'") else line.rstrip("\n") for line in lines if line.strip()]


def require(condition, message):
    if not condition:
        sys.exit(f"check_doors.py: {message}")


def check_hugging_face(url, token, model, texts):
    client = InferenceClient(model=f"{url}/models/{model}", token=token)
    found = 0
    for text in texts:
        for element in client.token_classification(text, aggregation_strategy="simple"):
            require(text[element.start : element.end] == element.word, f"{element} is not in {text!r}")
            require(0 <= element.score <= 1 and element.entity_group, f"{element} has no label or score")
            found += 1
    try:
        client.token_classification(texts[0], aggregation_strategy="none")
        sys.exit("check_doors.py: tokens one by one were not refused")
    except Exception as error:
        require("aggregation_strategy" in str(error), f"the refusal does not arrive: {error}")
    return found


def label_studio_connector(wheel):
    """Label Studio's own class for asking a backend; what it imports of Label Studio is replaced by empty modules."""
    source = zipfile.ZipFile(wheel).read("label_studio/ml/api_connector.py").decode()
    names = {
        "core.feature_flags": {"flag_set": lambda *_: True},
        "core.utils.common": {"load_func": lambda serializer: serializer},
        "core.utils.exceptions": {"SsrfBlockedUrlError": type("SsrfBlockedUrlError", (Exception,), {})},
        "core.utils.io": {"SsrfSafeHTTPAdapter": requests.adapters.HTTPAdapter},
        "core.version": {"get_git_version": lambda: "1.23.2"},
        "data_export.serializers": {"ExportDataSerializer": None},
        "django.conf": {
            "settings": types.SimpleNamespace(
                ML_BLOCK_LOCAL_IP=False,
                HOSTNAME="http://localhost:8000",
                WEBHOOK_SERIALIZERS={"project": lambda instance: types.SimpleNamespace(data={"id": instance.id, "title": "Posts"})},
            )
        },
        "django.contrib.auth.models": {"AnonymousUser": object},
        "django.db.models": {"Count": None},
        "label_studio.core.utils.params": {"get_env": lambda name, default: default},
    }
    for name, values in names.items():
        parts = name.split(".")
        for at in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:at]), types.ModuleType(".".join(parts[:at])))
        vars(sys.modules[name]).update(values)
    module = types.ModuleType("api_connector")
    exec(compile(source, "api_connector.py", "exec"), vars(module))
    return module.MLApi


class PlainConnector:
    """The same requests."""

    def __init__(self, url, basic_auth_user=None, basic_auth_pass=None):
        self.url, self.auth = url, (basic_auth_user, basic_auth_pass) if basic_auth_pass else None

    def ask(self, path, body=None):
        method = "GET" if body is None else "POST"
        response = requests.request(method, f"{self.url}/{path}", json=body, auth=self.auth, timeout=100)
        return types.SimpleNamespace(is_error=not response.ok, response=response.json(), status_code=response.status_code)

    def health(self):
        return self.ask("health")

    def get_versions(self, _):
        return self.ask("versions")

    def setup(self, project):
        return self.ask("setup", {"project": "1.0", "schema": project.label_config, "extra_params": None})

    def make_predictions(self, tasks, project):
        return self.ask("predict", {"tasks": tasks, "project": "1.0", "label_config": project.label_config, "params": {"context": None}})

    def train(self, project):
        return self.ask("webhook", {"action": "START_TRAINING", "project": {"id": project.id}})


def check_label_studio(url, token, model, texts, connector):
    served = requests.get(f"{url}/v1/models", headers={"authorization": f"Bearer {token}"} if token else {}, timeout=100).json()
    [description] = [one for one in served["models"] if one["name"] == model]
    items = lambda tag, values: "".join(f'<{tag} value="{value.capitalize()}"/>' for value in values)
    config = (
        f'<View><Relations>{items("Relation", description["relationLabels"])}</Relations>'
        f'<Labels name="label" toName="text">{items("Label", description["entityTypes"])}</Labels><Text name="text" value="$text"/></View>'
    )
    project = types.SimpleNamespace(
        id=1,
        label_config=config,
        created_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
        task_data_login=None,
        task_data_password=None,
        created_by=types.SimpleNamespace(auth_token=types.SimpleNamespace(key="a-token-of-label-studio")),
    )
    api = connector(url=url, **({"basic_auth_user": "label-studio", "basic_auth_pass": token} if token else {}))
    health = api.health()
    require(not health.is_error and health.response["status"] == "UP", f"health: {health.response}")
    setup = api.setup(project)
    require(not setup.is_error and setup.response["model_version"], f"setup: {setup.response}")
    versions = api.get_versions(project)
    require(not versions.is_error and versions.response["versions"], f"versions: {versions.response}")
    tasks = [{"id": i, "data": {"text": text}} for i, text in enumerate(texts)]
    predicted = api.make_predictions(tasks, project)
    require(not predicted.is_error, f"predict: {predicted.response}")
    results = predicted.response["results"]
    require(len(results) == len(tasks), f"{len(results)} results of {len(tasks)} tasks")
    interface = LabelInterface(config)
    regions = relations = 0
    for text, result in zip(texts, results):
        faults = interface.validate_prediction(result, return_errors=True)
        require(not faults, f"Label Studio refuses a prediction: {faults}")
        for item in result["result"]:
            if item["type"] == "relation":
                relations += 1
            else:
                regions += 1
                value = item["value"]
                require(text[value["start"] : value["end"]] == value["text"], f"{value} is not in {text!r}")
    require(not api.train(project).is_error, "an event is refused")
    return {"regions": regions, "relations": relations, "notes": predicted.response["notes"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--posts", required=True)
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--model", help="default: the first")
    parser.add_argument("--token")
    parser.add_argument("--label-studio", metavar="WHEEL")
    parser.add_argument("--record", metavar="FILE")
    args = parser.parse_args()
    recorder = Recorder(args.url)
    texts = [*dict.fromkeys(read_posts(args.posts))][: args.limit]
    headers = {"authorization": f"Bearer {args.token}"} if args.token else {}
    model = args.model or requests.get(f"{args.url}/v1/models", headers=headers, timeout=100).json()["models"][0]["name"]
    groups = check_hugging_face(recorder.url, args.token, model, texts)
    connector = label_studio_connector(args.label_studio) if args.label_studio else PlainConnector
    found = check_label_studio(recorder.url, args.token, model, texts, connector)
    print(json.dumps({"posts": len(texts), "entities by huggingface_hub": groups, **found}))
    if args.record:
        exchanges = [one for one in recorder.exchanges if one["path"] != "/v1/models"]
        with open(args.record, "w", encoding="utf-8") as file:
            json.dump({"exchanges": exchanges}, file, indent=2, ensure_ascii=False)
            file.write("\n")


if __name__ == "__main__":
    main()
