#!/usr/bin/env python3
"""The engine on local AWS: MiniStack, the sandbox, the stack of infra/template.yaml, and an example host page.

    stack.py up --dir .local                   start, deploy, write .local/outputs.json, leave it running
    stack.py up --dir .local --hold signal     the same, and stop everything on Ctrl-C
    stack.py up --dir .local/e2e --hold stdin --port 0 --param ProspectDelay=3
                                               the same, and stop everything when standard input closes
    stack.py down --dir .local                 stop the processes that `up` left running
    stack.py ports --dir .local                fail if the ports of an `up` are in use

Local AWS stores nothing permanently: every `up` starts with an empty account.
Several stacks run side by side, each with a folder and a port of its own. AUTH=true makes MiniStack enforce IAM
policies, so a function that lacks a permission fails here as it would on AWS.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import processes
import yaml
from describe import describe

PROJECT = Path(__file__).resolve().parents[2]
VENV = Path(sys.executable).parent
REGION = "us-east-1"
STACK = "integration-engine"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def environment(endpoint: str) -> dict[str, str]:
    """The environment variables of a client of this local AWS. The keys belong to MiniStack's root user."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAM_"))}
    return inherited | {
        "PATH": f"{VENV}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
    }


def say(text: str) -> None:
    """Prints to standard error, because standard output has only the path of the outputs."""
    print(text, file=sys.stderr, flush=True)


def client(service: str, endpoint: str):
    import boto3  # here: `down` and `ports` work without it

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)


def start_ministack(folder: Path, port: int, proxy: str) -> str:
    """Starts an empty local AWS and returns its endpoint. The functions call the proxy, if there is one."""
    endpoint = f"http://127.0.0.1:{port}"
    state = folder / "ministack"
    shutil.rmtree(state, ignore_errors=True)
    (state / "tmp").mkdir(parents=True)
    # Functions inherit this environment, so it contains only variables that exist on AWS and variables that MiniStack reads.
    env = {
        "PATH": f"{VENV}:/usr/local/bin:/usr/bin:/bin",
        "AUTH": "true",
        "LOG_LEVEL": "WARNING",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AWS_ENDPOINT_URL": proxy or endpoint,
        "TMPDIR": str(state / "tmp"),
        "STATE_DIR": str(state / "state"),
        "S3_DATA_DIR": str(state / "s3"),
        # Its device broker would listen on every interface.
        "IOT_MTLS_ENABLED": "0",
    }
    processes.start("ministack", [str(VENV / "ministack")], folder, env)
    processes.wait_for(port, "ministack", folder)
    return endpoint


def start_sandbox(folder: Path, port: int, own_apps: Path) -> str:
    """Starts the stand-ins for the apps and returns their address."""
    command = [str(PROJECT / "target/debug/sandbox"), "--listen", f"127.0.0.1:{port}"]
    if own_apps.exists():
        command += ["--apps", str(own_apps)]
    processes.start("sandbox", command, folder, dict(os.environ))
    processes.wait_for(port, "sandbox", folder)
    return f"http://127.0.0.1:{port}"


def start_proxy(folder: Path, port: int, ministack: int) -> str:
    """Starts the proxy, which counts the functions' calls and makes them fail on demand, and returns its address."""
    command = [str(PROJECT / "target/debug/proxy"), "--listen", f"127.0.0.1:{port}", "--to", f"127.0.0.1:{ministack}"]
    processes.start("proxy", command, folder, dict(os.environ))
    processes.wait_for(port, "proxy", folder)
    return f"http://127.0.0.1:{port}"


def start_host(folder: Path, port: int, outputs: Path, endpoint: str) -> str:
    """Starts the example of a page that shows the console, and returns its address, which is of another site."""
    command = [sys.executable, str(PROJECT / "infra/demo/host/server.py"), "--outputs", str(outputs), "--port", str(port)]
    processes.start("host", command, folder, environment(endpoint))
    processes.wait_for(port, "host", folder)
    return host_address(port)


def host_address(port: int) -> str:
    return f"http://localhost:{port}"


def deploy(folder: Path, stage: Path, endpoint: str, parameters: dict[str, str]) -> None:
    """Deploys the staged template as `sam deploy` does: uploads the archives, and has CloudFormation expand the
    template and create the stack."""
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    template = upload(stage, endpoint, "stage")
    client("cloudformation", endpoint).create_stack(StackName=STACK, TemplateURL=template, Parameters=given, Capabilities=CAPABILITIES)
    finish(folder, endpoint, "CREATE")
    make_up_for_ministack(endpoint, stage / "template.yaml")
    tell_api_its_address(endpoint)


def update(folder: Path, stage: Path, endpoint: str) -> None:
    """Updates the deployed stack to another staged template. Parameters keep their values."""
    cloudformation = client("cloudformation", endpoint)
    kept = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Parameters"]
    kept = [{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in kept]
    template = upload(stage, endpoint, "stage-of-update")
    cloudformation.update_stack(StackName=STACK, TemplateURL=template, Parameters=kept, Capabilities=CAPABILITIES)
    finish(folder, endpoint, "UPDATE")
    make_up_for_ministack(endpoint, stage / "template.yaml")
    tell_api_its_address(endpoint)


def upload(stage: Path, endpoint: str, bucket: str) -> str:
    """Uploads the archives and the template, and returns the template's address."""
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=bucket)
    for archive in stage.glob("*/bootstrap.zip"):
        s3.upload_file(str(archive), bucket, str(archive.relative_to(stage)))
    template = (stage / "template.yaml").read_text()
    uploaded = re.sub(r"CodeUri: (\S+)", rf'CodeUri: {{Bucket: {bucket}, Key: !Sub "\1"}}', template)
    s3.put_object(Bucket=bucket, Key="template.yaml", Body=uploaded.encode())
    return f"{endpoint}/{bucket}/template.yaml"


def finish(folder: Path, endpoint: str, operation: str) -> None:
    """Waits until CloudFormation has finished. The stack's events are written to deploy.log; failed events are shown."""
    cloudformation = client("cloudformation", endpoint)
    began = time.monotonic()
    while (status := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]).endswith("IN_PROGRESS"):
        time.sleep(0.2)
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
    events = [event for page in pages for event in page["StackEvents"]]
    (folder / "deploy.log").write_text(json.dumps(events, indent=2, default=str))
    if status != f"{operation}_COMPLETE":
        failed = (event for event in events if event["ResourceStatus"].endswith("FAILED"))
        why = "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)
        raise SystemExit(f"The stack was not deployed ({status}):\n{why}")
    say(f"Deployed the stack in {time.monotonic() - began:.0f} s.")


def as_ministack_checks(statement: dict) -> dict | None:
    """The permission that MiniStack 1.5.33 requires where AWS requires the given one; none if it is the same."""
    checked = dict(statement)
    # MiniStack ignores the encryption context of a call to KMS and the source of an event.
    keys = [key for condition in statement.get("Condition", {}).values() for key in condition]
    if any(key.startswith(("kms:EncryptionContext", "events:source")) for key in keys):
        del checked["Condition"]
    # SendMessageBatch needs sqs:SendMessage; there is no permission of its own name.
    if "sqs:SendMessage" in statement["Action"]:
        checked["Action"] = "sqs:SendMessageBatch"
    # AWS checks a schedule under the name of its group; MiniStack uses `default` for every group.
    if any(action in statement["Action"] for action in ("scheduler:CreateSchedule", "scheduler:DeleteSchedule")):
        checked["Resource"] = "arn:aws:scheduler:*:*:schedule/default/*"
    return checked if checked != statement else None


class Template(yaml.SafeLoader):
    """Parses the template without resolving its tags (`!Ref`, `!GetAtt`)."""


Template.add_multi_constructor("!", lambda *_: None)


def make_up_for_ministack(endpoint: str, template: Path) -> None:
    """Corrects the resources that MiniStack 1.5.33 does not create as AWS does."""
    iam = client("iam", endpoint)
    for role in (role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]):
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            extra = [also for also in map(as_ministack_checks, policy["Statement"]) if also]
            document = json.dumps({**policy, "Statement": extra})
            if extra:
                iam.put_role_policy(RoleName=role["RoleName"], PolicyName="ministack", PolicyDocument=document)
    # MiniStack stores a number that comes from a parameter as text, and then cannot compare it.
    functions = client("lambda", endpoint)
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        scaling = {"MaximumConcurrency": int(mapping["ScalingConfig"]["MaximumConcurrency"])}
        functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)
    # MiniStack reads the members of an API's CORS under names that differ from CloudFormation's.
    apis, resources = client("apigatewayv2", endpoint), yaml.load(template.read_text(), Template)["Resources"]
    cors = resources["HttpApi"]["Properties"]["CorsConfiguration"]
    apis.update_api(ApiId=apis.get_apis()["Items"][0]["ApiId"], CorsConfiguration=cors)


def api_address(endpoint: str) -> str:
    """The management API's URL with a path, because not every program resolves names below `localhost`."""
    api = client("apigatewayv2", endpoint).get_apis()["Items"][0]["ApiId"]
    return f"{endpoint}/_aws/execute-api/{api}/$default"


def tell_api_its_address(endpoint: str) -> None:
    """API Gateway passes the domain of the request to a function; MiniStack's has no port and no certificate."""
    functions = client("lambda", endpoint)
    pages = functions.get_paginator("list_functions").paginate()
    api = next(one for page in pages for one in page["Functions"] if one["Handler"] == "api")
    variables = api["Environment"]["Variables"] | {"API_URL": api_address(endpoint)}
    functions.update_function_configuration(FunctionName=api["FunctionName"], Environment={"Variables": variables})


def have_logins(own: Path) -> set[str]:
    """The apps with a connection method by login; `own` is the file with the operator's own definitions."""
    files = [*PROJECT.glob("functions/connectors/*/manifest.json"), *PROJECT.glob("functions/connectors/declared/apps/*.yaml")]
    manifests = [yaml.safe_load(file.read_text()) for file in files]
    manifests += json.loads(own.read_text()) if own.exists() else []
    return {manifest["app"] for manifest in manifests if any("oauth" in method for method in manifest["methods"])}


def set_up_logins(endpoint: str, own: Path) -> None:
    """Registers the engine with the stand-ins, as an operator registers it with the apps. They accept any id and secret."""
    secrets = client("secretsmanager", endpoint)
    deployed = describe(lambda service: client(service, endpoint), STACK)["queues"]
    for app in have_logins(own).intersection(deployed):
        registration = {"client_id": f"{app}-local", "client_secret": f"{app}-local-secret"}
        secrets.create_secret(Name=f"{STACK}/oauth/{app}", SecretString=json.dumps(registration))


def console_address(outputs: Path, endpoint: str) -> str:
    """The console's address, with a new session for the demo marketplace in its fragment."""
    command = [PROJECT / "target/debug/engine", "--outputs", outputs, "console"]
    return subprocess.run(command, env=environment(endpoint), capture_output=True, text=True, check=True).stdout.strip()


def write_outputs(folder: Path, endpoint: str, sandbox: str, proxy: str) -> Path:
    """The description of the running stack for tests, the command line and users."""
    around = {"api_url": api_address(endpoint), "endpoint_url": endpoint, "region": REGION, "sandbox_url": sandbox, "proxy_url": proxy}
    outputs = describe(lambda service: client(service, endpoint), STACK)
    path = folder / "outputs.json"
    add_outputs(path, outputs | around | {"demo": {"marketplace_id": "demo"}})
    return path


def add_outputs(path: Path, more: dict[str, object]) -> None:
    outputs = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(outputs | more, indent=2) + "\n")


def up(args: argparse.Namespace) -> None:
    folder = args.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if down(args):
        say("Stopped the stack that ran here. Its data is gone.")
    sandbox = args.sandbox_url or start_sandbox(folder, processes.free_port(args.sandbox_port, "SANDBOX_PORT"), args.stage / "apps.json")
    port = processes.free_port(args.port, "PORT")
    say(f"Starting local AWS on port {port} …")
    proxy = "" if args.proxy is None else start_proxy(folder, processes.free_port(args.proxy, "--proxy"), port)
    endpoint = start_ministack(folder, port, proxy)
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    own = {"Architecture": machine, "DeletionProtection": "false", "SandboxUrl": sandbox}
    host = None if args.host_port is None else processes.free_port(args.host_port, "HOST_PORT")
    if host is not None:
        own["ConsoleFrameAncestors"] = host_address(host)
    say("Deploying the stack …")
    deploy(folder, args.stage.resolve(), endpoint, own | dict(args.param))
    set_up_logins(endpoint, args.stage / "apps.json")
    outputs = write_outputs(folder, endpoint, sandbox, proxy)
    if host is not None:
        add_outputs(outputs, {"host_url": start_host(folder, host, outputs, endpoint)})
        add_outputs(outputs, {"console_url": console_address(outputs, endpoint)})
    if args.then:
        env = environment(endpoint) | {"OUTPUTS": str(outputs)}
        subprocess.run([args.then], env=env, stdin=subprocess.DEVNULL, check=True)


class Stop(BaseException):
    """Requests that the stack is stopped."""


def stop(*_: object) -> None:
    # Only the first signal counts: a second Ctrl-C must not interrupt the orderly shutdown.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    raise Stop


def hold(how: str) -> None:
    """Returns when standard input closes, or waits for a signal, whose handler raises Stop."""
    while sys.stdin.buffer.read(4096) if how == "stdin" else not signal.pause():
        pass


def down(args: argparse.Namespace) -> bool:
    stopped = [processes.stop(name, args.dir) for name in ("host", "ministack", "proxy", "sandbox")]
    (args.dir / "outputs.json").unlink(missing_ok=True)
    return any(stopped)


def ports(args: argparse.Namespace) -> None:
    """Fails if `up` would fail. A stack that runs in the folder is ignored, because `up` stops it first."""
    running = args.dir / "outputs.json"
    outputs = json.loads(running.read_text()) if running.exists() else {}
    ours = {urllib.parse.urlsplit(outputs.get(name, "")).port for name in ("endpoint_url", "sandbox_url", "host_url")}
    wanted = [(args.port, "PORT")] + ([] if args.sandbox_url else [(args.sandbox_port, "SANDBOX_PORT")])
    wanted += [] if args.host_port is None else [(args.host_port, "HOST_PORT")]
    for port, name in wanted:
        if port not in ours:
            processes.free_port(port, name)


def parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("up", "down", "ports"))
    parser.add_argument("--dir", type=Path, default=PROJECT / ".local", help="state, logs, pid files and outputs.json")
    parser.add_argument("--stage", type=Path, default=PROJECT / ".local/stage", help="the folder that infra/local/stage.py created")
    parser.add_argument("--port", type=int, default=4566, help="port of local AWS; 0: any free port")
    parser.add_argument("--sandbox-port", type=int, default=4580, help="port of the stand-ins; 0: any free port")
    parser.add_argument("--sandbox-url", default="", help="use the stand-ins at this URL instead of starting some")
    parser.add_argument("--host-port", type=int, metavar="PORT", help="show the console in an example page at this port; 0: any free port")
    parser.add_argument("--proxy", type=int, metavar="PORT", help="put the proxy between functions and local AWS; 0: any free port")
    parser.add_argument("--param", type=parameter, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--then", default="", help="a program to run once the stack is deployed")
    parser.add_argument("--hold", choices=("signal", "stdin"), help="keep running, and stop everything on a signal or at end of input")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    if args.command == "down":
        print("Stopped." if down(args) else "Nothing is running.")
        return
    if args.command == "ports":
        return ports(args)
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    keep = False
    try:
        up(args)
        print(os.path.relpath(args.dir / "outputs.json"), flush=True)
        if args.hold:
            hold(args.hold)
        else:
            keep = True
    except Stop:
        say("\nStopping.")
        if not (args.dir / "outputs.json").exists():
            sys.exit(130)
    finally:
        if not keep:
            down(args)


if __name__ == "__main__":
    main()
