"""Checks infra/template.yaml as CloudFormation expands it: its size, its alarms and its permissions."""

import json
import re
import sys
import unittest
from collections import Counter, defaultdict
from pathlib import Path

INFRA = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(INFRA / "build"))

from cfnlint.api import ManualArgs, lint
from expanded import ACCOUNT, MOST_RESOURCES, OWN_KEY, TOPIC, each, expand, size

MOST_REFERENCES = 60  # dynamic references in a template, as the page of MOST_RESOURCES says

EXPANDED = expand()
RESOURCES = EXPANDED["Resources"]


def of(kind: str) -> dict[str, dict]:
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == kind}


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def statements() -> list[tuple[str, dict]]:
    """Every policy statement of the functions' roles, with the role's name."""
    return [
        (role, statement)
        for role, properties in of("AWS::IAM::Role").items()
        for policy in properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def alarmed() -> set[tuple[str, str]]:
    """Every metric that an alarm reads, with the value of its dimension as JSON."""
    found = set()
    for alarm in of("AWS::CloudWatch::Alarm").values():
        metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one] or [alarm]
        for metric in metrics:
            for dimension in metric.get("Dimensions", []):
                found.add((metric["MetricName"], json.dumps(dimension["Value"])))
    return found


def attribute(name: str, attribute: str = "Arn") -> dict:
    return {"Fn::GetAtt": [name, attribute]}


class Size(unittest.TestCase):
    # The catalogue that the template must have room for, and the resources that stay free beside it.
    APPS, TRIGGERS, FREE = 17, 26, 50

    def test_a_trigger_and_an_app_take_few_resources_and_a_large_catalogue_fits(self):
        triggers, apps = len(EXPANDED["Mappings"]["Triggers"]), len(of("AWS::Lambda::EventSourceMapping"))
        trigger, app = each(RESOURCES, "CheckoutFailed"), each(RESOURCES, "thinkific")
        self.assertLessEqual(trigger, 6)
        self.assertLessEqual(app, 6)
        rest = len(RESOURCES) - triggers * trigger - apps * app
        self.assertLessEqual(rest + self.TRIGGERS * trigger + self.APPS * app, MOST_RESOURCES - self.FREE)

    def test_the_readme_says_how_many_resources_there_are_and_how_many_triggers_and_apps_still_fit(self):
        # CloudWatch bills each metric of an alarm. Queries find no metric while nothing fails.
        metrics = {name: len([one for one in alarm.get("Metrics", [alarm]) if "Expression" not in one])
                   for name, alarm in of("AWS::CloudWatch::Alarm").items()}  # fmt: skip
        stack = sum(count for name, count in metrics.items() if not name.endswith("Waiting"))
        apps = 7  # for which the README gives the costs
        billed = stack + apps * metrics["thinkificWaiting"]
        month = (INFRA.parent / "shared/operations/src/costs/month.rs").read_text()
        modelled = {name: int(number) for name, number in re.findall(r"pub const (\w+): u32 = (\d+);", month)}
        self.assertEqual(modelled["ALARMS"] + modelled["ALARMS_OF_APP"] * apps, billed)
        readme = " ".join((INFRA / "README.md").read_text().split())
        for said in (size(RESOURCES), f"the alarms about {billed * 0.10:.2f} (0.10 for each of their {billed} metrics)"):
            self.assertTrue(said in readme, said)

    def test_functions_share_a_role_only_if_they_are_one_program_with_one_environment(self):
        shared = defaultdict(set)
        for function in of("AWS::Lambda::Function").values():
            role = function["Role"]["Fn::GetAtt"][0]
            shared[role].add(json.dumps([function["Code"], function["Environment"], function["LoggingConfig"]]))
        self.assertEqual({role for role, programs in shared.items() if len(programs) > 1}, set())
        of_functions = Counter(one["Role"]["Fn::GetAtt"][0] for one in of("AWS::Lambda::Function").values())
        self.assertEqual({role for role, functions in of_functions.items() if functions > 1}, {"TriggersRole"})


class Apps(unittest.TestCase):
    def test_only_the_chosen_apps_are_deployed_and_the_functions_know_them(self):
        template = expand(Apps="mailchimp,webhook")
        known = defaultdict(set)
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                variables = resource["Properties"]["Environment"]["Variables"]
                self.assertEqual("APPS" in variables, any("{app}" in json.dumps(value) for value in variables.values()), name)
                known[json.dumps(variables.get("APPS", "mailchimp,webhook"))].add(name)
        self.assertEqual(list(known), ['"mailchimp,webhook"'])
        gone = {name for name in RESOURCES if name not in template["Resources"]}
        apps = EXPANDED["Parameters"]["Apps"]["Default"].split(",")
        self.assertEqual(len(gone), (len(apps) - 2) * each(RESOURCES, "thinkific"))
        self.assertNotIn("thinkific", json.dumps(template["Resources"]))

    def test_an_id_can_be_a_part_of_every_name(self):
        pattern = f"^({EXPANDED['Parameters']['Apps']['AllowedPattern']})$"
        for app in EXPANDED["Parameters"]["Apps"]["Default"].split(","):
            self.assertRegex(app, pattern)
        for other in ("", "google_sheets", "Kit", "drip-2", "2checkout"):
            self.assertNotRegex(other, pattern)


class Costs(unittest.TestCase):
    DENSE = expand(Capacity="Provisioned", Tracing="Active", BatchingSeconds="5", LeastWrites=40, MostReads=900)["Resources"]

    def default(self, name: str) -> str:
        return str(EXPANDED["Parameters"][name]["Default"])

    def test_traces_are_sent_only_if_the_operator_wants_them(self):
        self.assertEqual(self.default("Tracing"), "PassThrough")
        functions = {name: one["Properties"] for name, one in self.DENSE.items() if one["Type"] == "AWS::Lambda::Function"}
        for name, function in functions.items():
            self.assertEqual(function["TracingConfig"], {"Mode": {"Ref": "Tracing"}}, name)
            role = function["Role"]["Fn::GetAtt"][0]
            self.assertIn({"Ref": "TraceUse"}, self.DENSE[role]["Properties"]["ManagedPolicyArns"], name)
            self.assertNotIn({"Ref": "TraceUse"}, RESOURCES[role]["Properties"].get("ManagedPolicyArns", []), name)

    def test_lines_about_every_fact_are_written_only_if_the_operator_wants_them_and_the_dashboard_needs_none(self):
        self.assertEqual(self.default("LogLevel"), "WARN")
        body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]
        self.assertEqual(set(re.findall(r'"type": ?"(\w+)"', json.dumps(body).replace("\\", ""))), {"metric"})

    def test_a_job_stays_hidden_for_six_timeouts_and_the_time_in_which_its_batch_is_collected(self):
        timeout = RESOURCES["kit"]["Properties"]["Timeout"]
        most = EXPANDED["Parameters"]["BatchingSeconds"]["MaxValue"]
        self.assertGreaterEqual(int(self.default("JobVisibility")), 6 * timeout + most)
        for source in of("AWS::Lambda::EventSourceMapping").values():
            self.assertEqual(str(source["MaximumBatchingWindowInSeconds"]), self.default("BatchingSeconds"))

    def test_the_table_is_billed_by_request_unless_the_operator_wants_capacity(self):
        table = RESOURCES["Table"]["Properties"]
        self.assertEqual(table["BillingMode"], "PAY_PER_REQUEST")
        self.assertNotIn("ReadCapacityUnits", json.dumps(table))
        scaling = {one.get("Condition") for one in RESOURCES.values() if one["Type"].startswith("AWS::ApplicationAutoScaling")}
        self.assertEqual(scaling, {"Provisioned"})

    def test_provisioned_capacity_scales_for_the_table_and_every_index(self):
        table = self.DENSE["Table"]["Properties"]
        self.assertEqual(table["BillingMode"], "PROVISIONED")
        places = [table, *table["GlobalSecondaryIndexes"]]
        least = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 40}
        self.assertEqual([place["ProvisionedThroughput"] for place in places], [least] * len(places))
        targets = {name: one["Properties"] for name, one in self.DENSE.items() if one["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"}
        wanted = [("table/${Table}", "table"), *((f"table/${{Table}}/index/{one['IndexName']}", "index") for one in places[1:])]
        self.assertEqual(
            sorted((one["ResourceId"], one["ScalableDimension"], one["MinCapacity"], one["MaxCapacity"]) for one in targets.values()),
            sorted((place, f"dynamodb:{kind}:{unit}CapacityUnits", low, high)
                   for place, kind in wanted for unit, low, high in (("Read", 10, 900), ("Write", 40, 2000))),
        )  # fmt: skip
        policies = [one["Properties"] for one in self.DENSE.values() if one["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy"]
        self.assertEqual(sorted(one["ScalingTargetId"]["Ref"] for one in policies), sorted(targets))
        for policy in policies:
            metric = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
            self.assertIn("Read" if "Reads" in policy["PolicyName"] else "Write", metric)


class Watched(unittest.TestCase):
    def test_every_function_has_an_alarm_or_leaves_its_failures_where_there_is_one(self):
        watched = alarmed()

        def is_watched(queue: dict) -> bool:
            queue = RESOURCES[queue["Fn::GetAtt"][0]]["Properties"]
            dead = RESOURCES[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
            needed = (("ApproximateAgeOfOldestMessage", queue), ("ApproximateNumberOfMessagesVisible", dead))
            return all((metric, json.dumps(of_queue["QueueName"])) in watched for metric, of_queue in needed)

        rings = {name for name in of("AWS::Lambda::Function") if ("Errors", json.dumps({"Ref": name})) in watched}
        facts = {
            one["FunctionName"]["Ref"]
            for one in of("AWS::Lambda::EventInvokeConfig").values()
            if one.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") == attribute("FactsQueue")
        }
        jobs = {one["FunctionName"]["Ref"] for one in of("AWS::Lambda::EventSourceMapping").values() if is_watched(one["EventSourceArn"])}
        answers = {one["IntegrationUri"]["Fn::GetAtt"][0] for one in of("AWS::ApiGatewayV2::Integration").values()}
        self.assertIn(("5xx", json.dumps({"Ref": "HttpApi"})), watched)
        self.assertIn(("ApproximateNumberOfMessagesVisible", json.dumps(attribute("FactsQueue", "QueueName"))), watched)
        self.assertEqual(Counter([*rings, *facts, *jobs, *answers]), Counter(of("AWS::Lambda::Function").keys()))

    def test_every_queue_has_an_alarm(self):
        values = [value for _, value in alarmed()]
        for name, queue in of("AWS::SQS::Queue").items():
            self.assertTrue(json.dumps(queue["QueueName"]) in values or any(f'"{name}"' in value for value in values), name)

    def test_every_alarm_says_what_to_look_at_and_notifies_the_operator(self):
        readme = (INFRA / "README.md").read_text()
        for name, alarm in of("AWS::CloudWatch::Alarm").items():
            self.assertTrue(alarm["AlarmDescription"], name)
            self.assertEqual(alarm["AlarmActions"], [TOPIC], name)
            row = "<app>Waiting" if name.endswith("Waiting") else name
            self.assertIn(f"| `{row}` |", readme)

    def test_every_event_that_cannot_be_delivered_goes_to_the_facts_queue(self):
        for name, rule in of("AWS::Events::Rule").items():
            for target in rule["Targets"]:
                queue = target.get("DeadLetterConfig", target)["Arn"]
                self.assertEqual(queue, attribute("FactsQueue"), name)


class Console(unittest.TestCase):
    PARAMETER = EXPANDED["Parameters"]["ConsoleFrameAncestors"]

    def test_nobody_may_frame_it_by_default_and_only_origins_can_be_given(self):
        self.assertEqual(self.PARAMETER["Default"], "'none'")
        for given in ("'none'", "https://app.example.com", "https://*.example.com http://localhost:4590"):
            self.assertRegex(given, f"^({self.PARAMETER['AllowedPattern']})$")
        for given in ("", "*", "'self'", "app.example.com", "https://a.example.com; script-src *", "https://a.example.com/shop", "https://a, https://b"):
            self.assertNotRegex(given, f"^({self.PARAMETER['AllowedPattern']})$")

    def test_no_route_ends_with_a_slash_because_api_gateway_refuses_it(self):
        keys = [route["RouteKey"] for route in of("AWS::ApiGatewayV2::Route").values()]
        self.assertEqual([key for key in keys if key.endswith("/")], [])

    def test_every_route_but_the_operators_has_a_limit_of_its_own(self):
        routes = {route["RouteKey"] for route in of("AWS::ApiGatewayV2::Route").values() if "AuthorizationType" not in route}
        self.assertEqual(set(of("AWS::ApiGatewayV2::Stage")["HttpApiStage"]["RouteSettings"]), routes)


class DigestSecret(unittest.TestCase):
    def test_the_functions_whose_program_digests_addresses_have_the_secret_and_no_other(self):
        functions, has, needs = INFRA.parent / "functions", set(), set()
        for name, function in of("AWS::Lambda::Function").items():
            package = function["Code"]["S3Key"].removesuffix("/bootstrap.zip")
            own = [path for path in (functions / package, functions / "connectors" / package) if path.is_dir()]
            # An app that is data has the program of all such apps.
            (folder,) = own or [functions / "connectors/declared"]
            if any("config::digest_secret()" in file.read_text() for file in folder.glob("src/**/*.rs")):
                needs.add(name)
            variable = function["Environment"]["Variables"].get("DIGEST_SECRET")
            if variable:
                self.assertIn("{{resolve:secretsmanager:${DigestSecret}}}", json.dumps(variable), name)
                has.add(name)
        self.assertEqual(has, needs)
        self.assertEqual(has, set(EXPANDED["Mappings"]["Triggers"]) | {"Prospects", "Api", "Operator"})
        self.assertLessEqual(json.dumps(EXPANDED).count("{{resolve:"), MOST_REFERENCES)

    def test_no_role_reads_it_and_nothing_rotates_it(self):
        self.assertEqual([role for role, statement in statements() if "DigestSecret" in json.dumps(statement["Resource"])], [])
        self.assertEqual(of("AWS::SecretsManager::RotationSchedule"), {})
        self.assertEqual(RESOURCES["DigestSecret"]["DeletionPolicy"], RESOURCES["Table"]["DeletionPolicy"])


class Policies(unittest.TestCase):
    def test_every_action_is_one_that_aws_has_and_can_be_done_to_its_resource(self):
        # cfn-lint checks the policies of plain CloudFormation only, so `make lint` does not check these in the template.
        rules = ["W3037", "I3510"]
        table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/engine"  # cfn-lint does not treat an index as a part of its table
        found = lint(json.dumps(EXPANDED).replace("${Table.Arn}", table), config=ManualArgs(include_checks=rules, regions=["us-east-1"]))
        self.assertEqual([str(match) for match in found if match.rule.id in rules], [])

    def test_nobody_may_do_everything_or_anything_to_everything(self):
        for role, statement in statements():
            actions = set(listed(statement["Action"]))
            self.assertFalse([action for action in actions if "*" in action], role)
            self.assertNotIn("*", listed(statement["Resource"]), role)

    def test_every_condition_on_all_values_demands_that_there_are_some(self):
        for role, statement in statements():
            conditions = statement.get("Condition", {})
            for keys in (keys for name, keys in conditions.items() if name.startswith("ForAllValues")):
                context = keys["kms:EncryptionContextKeys"]
                demanded = {**conditions.get("StringEquals", {}), **conditions.get("Null", {})}
                self.assertEqual({f"kms:EncryptionContext:{key}" for key in context}, set(demanded), role)

    def test_credentials_are_sealed_and_opened_under_a_context_and_a_connector_opens_those_of_its_own_app(self):
        opens = {}
        for role, statement in statements():
            if statement["Resource"] != {"Fn::GetAtt": ["Key", "Arn"]}:
                continue
            condition = statement["Condition"]
            self.assertEqual(condition["ForAllValues:StringEquals"], {"kms:EncryptionContextKeys": ["app", "marketplace", "integration"]})
            if "kms:Decrypt" in listed(statement["Action"]):
                opens[role] = condition["StringEquals"]["kms:EncryptionContext:app"]
        self.assertEqual(opens, {f"{app}Role": app for app in opens.values()})
        self.assertIn("thinkificRole", opens)

    def test_only_the_engine_publishes_as_the_engine_and_only_the_operator_as_a_producer(self):
        publishes = {
            role: statement["Condition"]["StringEquals"]["events:source"]
            for role, statement in statements()
            if "events:PutEvents" in listed(statement["Action"])
        }
        self.assertEqual(publishes.pop("OperatorRole"), ["integration-engine", "shop", "courses"])
        self.assertEqual(set(publishes.values()), {"integration-engine"})
        (bus,) = of("AWS::Events::EventBus")["Bus"]["Policy"]["Statement"]
        self.assertEqual(bus["Condition"], {"StringEquals": {"events:source": ["shop", "courses"]}})

    def test_every_rule_for_facts_names_each_source_or_is_for_all_others(self):
        sources = ["shop", "courses"]
        for name, rule in of("AWS::Events::Rule").items():
            pattern = rule["EventPattern"]
            source = (json.loads(pattern) if isinstance(pattern, str) else pattern)["source"]
            own = {"ProspectCreatedFact": ["integration-engine"], "UnknownSource": [{"anything-but": sources}]}
            self.assertEqual(source, own.get(name, sources), name)

    def test_what_the_internet_reaches_cannot_make_a_token_or_open_credentials(self):
        allowed = {action for role, statement in statements() if role == "ApiRole" for action in listed(statement["Action"])}
        self.assertEqual(allowed & {"kms:Sign", "kms:Decrypt", "sqs:ReceiveMessage", "sqs:DeleteMessage"}, set())

    def test_the_console_has_access_to_nothing_but_its_own_log(self):
        allowed = {action for role, statement in statements() if role == "ConsoleRole" for action in listed(statement["Action"])}
        self.assertEqual(allowed, {"logs:CreateLogStream", "logs:PutLogEvents"})
        self.assertNotIn("ManagedPolicyArns", of("AWS::IAM::Role")["ConsoleRole"])

    def test_every_role_queue_and_log_can_use_the_operators_own_key(self):
        roles = {properties["Role"]["Fn::GetAtt"][0] for properties in of("AWS::Lambda::Function").values()}
        roles.remove("ConsoleRole")  # it reads no table and no queue
        for role, properties in of("AWS::IAM::Role").items():
            if role in roles | {"ScheduleRole"}:
                self.assertEqual(properties["ManagedPolicyArns"], [{"Ref": "OwnKeyUse"}], role)
        for kind, key in (("AWS::SQS::Queue", "KmsMasterKeyId"), ("AWS::Logs::LogGroup", "KmsKeyId")):
            for name, properties in of(kind).items():
                self.assertEqual(properties[key], OWN_KEY, name)


if __name__ == "__main__":
    unittest.main()
