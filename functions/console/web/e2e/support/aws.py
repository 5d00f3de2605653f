"""What the tests do with the AWS account of their stack, which neither the console nor the command line does.

    aws.py OUTPUTS open-session BODY              open a portal session, as a platform does; prints the response
    aws.py OUTPUTS expire-login MARKETPLACE NONCE  let the time of a login that has begun be over
"""

import datetime
import json
import sys
import urllib.request
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).parents[5] / "infra/demo/host"))
from server import signed  # noqa: E402: the path is set above


def open_session(outputs: dict, body: str) -> None:
    url, data = f"{outputs['api_url']}/operator/sessions", body.encode()
    headers = signed(url, data, outputs["region"], datetime.datetime.now(datetime.UTC))
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method="POST"), timeout=60) as response:
        print(response.read().decode())


def expire_login(outputs: dict, marketplace: str, nonce: str) -> None:
    table = boto3.resource("dynamodb", endpoint_url=outputs["endpoint_url"], region_name=outputs["region"]).Table(outputs["table"])
    table.update_item(
        Key={"pk": marketplace, "sk": f"AUTHORIZE#{nonce}"},
        UpdateExpression="SET #ttl = :past",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#ttl": "ttl"},
        ExpressionAttributeValues={":past": 1},
    )


COMMANDS = {"open-session": open_session, "expire-login": expire_login}

_, file, command, *arguments = sys.argv
COMMANDS[command](json.loads(Path(file).read_text()), *arguments)
