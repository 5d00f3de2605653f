"""infra/template.yaml as CloudFormation expands it, and the figures about it in infra/README.md."""

import os
import re
from pathlib import Path

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

INFRA = Path(__file__).resolve().parents[1]
MOST_RESOURCES = 500  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html

# Values for the parameters that an operator may leave empty.
ACCOUNT = "111122223333"
PLACE = {"Region": "us-east-1", "AccountId": ACCOUNT, "Partition": "aws", "URLSuffix": "amazonaws.com", "StackName": "engine"}
GIVEN = {f"AWS::{name}": value for name, value in PLACE.items()} | {"Source": "shop,courses", "ProducerAccounts": ACCOUNT}
OWN_KEY = "arn:aws:kms:us-east-1:111122223333:key/own"
TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"


class NoManagedPolicies:
    def load(self) -> dict:
        return {}


def expand(**parameters: str) -> dict:
    text = re.sub(r"CodeUri: (\S+)", r"CodeUri: s3://stage/\1", (INFRA / "template.yaml").read_text())
    expanded = expand_language_extensions(yaml_parse(text), GIVEN | {"EncryptionKeyArn": OWN_KEY, "AlarmTopicArn": TOPIC} | parameters, enabled=True)
    return transform(expanded.expanded_template, {}, NoManagedPolicies())


def each(resources: dict, name: str) -> int:
    """How many resources one trigger or one app has."""
    return sum(1 for resource in resources if resource.startswith(name))


def size(resources: dict) -> str:
    """The sentences of infra/README.md about the number of resources."""
    left = MOST_RESOURCES - len(resources)
    alarms = sum(1 for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm")
    trigger, app = each(resources, "CheckoutFailed"), each(resources, "thinkific")
    return (
        f"The stack has {len(resources)} of the {MOST_RESOURCES} resources that CloudFormation allows, {alarms} of them alarms. "
        f"A trigger takes {trigger} and an app {app}, so {left // trigger} more triggers or {left // app} more apps fit."
    )
