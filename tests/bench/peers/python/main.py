"""The trigger and the connector as they are usually written with boto3, on the smallest loop of the Runtime API.

They make the calls of a usual implementation, and leave out what the engine does beyond: verdicts, effects of other rules,
retries, circuit breakers, logs.
"""

import hashlib
import http.client
import json
import os
import time

import boto3
import urllib3

TABLE, JOBS, APP = os.environ["TABLE_NAME"], os.environ["JOBS_QUEUE_URL"], os.environ["SANDBOX_URL"]
dynamodb, sqs, kms = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("kms")
http_pool = urllib3.PoolManager()
accounts = {}


def digest(*parts):
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def rules(key):
    found = dynamodb.query(
        TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": key}}
    )
    return found["Items"]


def trigger(event):
    detail = event["detail"]
    marketplace, customer = detail["marketplace_id"], detail["customer"]
    matching = rules(f"{marketplace}#IF#product_purchased")
    for line in detail["items"]:
        matching += rules(f"{marketplace}#IF#product_purchased#{line['product_id']}")
    key = {"pk": {"S": f"{marketplace}#BUYER#{digest(customer['email'])}"}, "sk": {"S": digest(detail["id"])}}
    if "verdicts" in dynamodb.get_item(TableName=TABLE, Key=key).get("Item", {}):
        return
    jobs = [
        {
            "id": digest(detail["id"], rule["id"]["S"]), "marketplace": marketplace, "rule": rule["id"]["S"],
            "integration": rule["integration"]["S"], "action": rule["action"]["S"], "contact": customer,
            "settings": {name: value["S"] for name, value in rule["settings"]["M"].items()},
        }
        for rule in matching
        if rule["enabled"]["BOOL"]
    ]  # fmt: skip
    for first in range(0, len(jobs), 10):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(job), "MessageGroupId": marketplace}
            for number, job in enumerate(jobs[first : first + 10])
        ]
        sqs.send_message_batch(QueueUrl=JOBS.replace("{app}", "mailchimp"), Entries=entries)
    dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET detail = if_not_exists(detail, :detail), verdicts = :verdicts, expires = :expires",
        ConditionExpression="attribute_not_exists(verdicts)",
        ExpressionAttributeValues={
            ":detail": {"S": json.dumps(detail)},
            ":verdicts": {"S": json.dumps([job["id"] for job in jobs])},
            ":expires": {"N": str(int(time.time()) + 35 * 86_400)},
        },
    )


def account(marketplace, integration):
    if (marketplace, integration) not in accounts:
        key = {"pk": {"S": marketplace}, "sk": {"S": f"INTEGRATION#{integration}"}}
        item = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
        plain = kms.decrypt(CiphertextBlob=b"\1\2\3", EncryptionContext={"integration": item["id"]["S"]})["Plaintext"]
        accounts[marketplace, integration] = json.loads(plain)
    return accounts[marketplace, integration]


def connector(event):
    for record in event["Records"]:
        job = json.loads(record["body"])
        email, list_id = job["contact"]["email"], job["settings"]["list_id"]
        credentials = account(job["marketplace"], job["integration"])
        dynamodb.put_item(
            TableName=TABLE,
            Item={"pk": {"S": digest(list_id, email)}, "sk": {"S": "CLAIM"}, "job": {"S": job["id"]}},
            ConditionExpression="attribute_not_exists(pk)",
        )
        member = hashlib.md5(email.lower().encode()).hexdigest()
        answer = http_pool.request(
            "PUT",
            f"{APP}/mailchimp/3.0/lists/{list_id}/members/{member}",
            body=json.dumps({"email_address": email, "status_if_new": "subscribed"}),
            headers={"authorization": f"Bearer {credentials['api_key']}", "content-type": "application/json"},
        )
        status = "performed" if json.loads(answer.data)["status"] == "subscribed" else "rejected"
        dynamodb.put_item(
            TableName=TABLE,
            Item={"pk": {"S": job["id"]}, "sk": {"S": "JOB"}, "status": {"S": status}, "email": {"S": email}},
        )
    return {"batchItemFailures": []}


def main():
    handle = {"trigger": trigger, "connector": connector}[os.environ["_HANDLER"]]
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = runtime.getresponse()
        request, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
        runtime.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", json.dumps(handle(event)))
        runtime.getresponse().read()


main()
