// The trigger and the connector as they are usually written with the AWS SDK for JavaScript, on the smallest loop of the
// Runtime API. They make the calls of a usual implementation, and leave out what the engine does beyond: verdicts, effects of other
// rules, retries, circuit breakers, logs.
import { createHash } from "node:crypto";
import { Agent, request as send } from "node:http";

import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

const { TABLE_NAME: TableName, JOBS_QUEUE_URL, SANDBOX_URL, AWS_LAMBDA_RUNTIME_API, _HANDLER } = process.env;
const dynamodb = new DynamoDBClient(), sqs = new SQSClient(), kms = new KMSClient();
const accounts = new Map();
const digest = (...parts) => createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);

async function rules(key) {
  const query = { TableName, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": { S: key } } };
  return (await dynamodb.send(new QueryCommand(query))).Items;
}

async function trigger({ detail }) {
  const { marketplace_id: marketplace, customer } = detail;
  const keys = detail.items.map((line) => `${marketplace}#IF#product_purchased#${line.product_id}`);
  const matching = (await Promise.all([`${marketplace}#IF#product_purchased`, ...keys].map(rules))).flat();
  const Key = { pk: { S: `${marketplace}#BUYER#${digest(customer.email)}` }, sk: { S: digest(detail.id) } };
  const known = await dynamodb.send(new GetItemCommand({ TableName, Key }));
  if (known.Item?.verdicts) return;
  const jobs = matching.filter((rule) => rule.enabled.BOOL).map((rule) => ({
    id: digest(detail.id, rule.id.S), marketplace, rule: rule.id.S, integration: rule.integration.S,
    action: rule.action.S, contact: customer,
    settings: Object.fromEntries(Object.entries(rule.settings.M).map(([name, value]) => [name, value.S])),
  }));
  for (let first = 0; first < jobs.length; first += 10) {
    const Entries = jobs.slice(first, first + 10).map((job, number) => (
      { Id: `${number}`, MessageBody: JSON.stringify(job), MessageGroupId: marketplace }
    ));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: JOBS_QUEUE_URL.replace("{app}", "mailchimp"), Entries }));
  }
  await dynamodb.send(new UpdateItemCommand({
    TableName, Key,
    UpdateExpression: "SET detail = if_not_exists(detail, :detail), verdicts = :verdicts, expires = :expires",
    ConditionExpression: "attribute_not_exists(verdicts)",
    ExpressionAttributeValues: {
      ":detail": { S: JSON.stringify(detail) }, ":verdicts": { S: JSON.stringify(jobs.map((job) => job.id)) },
      ":expires": { N: `${Math.floor(Date.now() / 1000) + 35 * 86_400}` },
    },
  }));
}

async function account(marketplace, integration) {
  const known = accounts.get(`${marketplace}/${integration}`);
  if (known) return known;
  const Key = { pk: { S: marketplace }, sk: { S: `INTEGRATION#${integration}` } };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key }));
  const sealed = { CiphertextBlob: new Uint8Array([1, 2, 3]), EncryptionContext: { integration: Item.id.S } };
  const { Plaintext } = await kms.send(new DecryptCommand(sealed));
  const credentials = JSON.parse(Buffer.from(Plaintext).toString());
  accounts.set(`${marketplace}/${integration}`, credentials);
  return credentials;
}

async function perform({ body }) {
  const job = JSON.parse(body);
  const { email } = job.contact, list = job.settings.list_id;
  const credentials = await account(job.marketplace, job.integration);
  const claim = { pk: { S: digest(list, email) }, sk: { S: "CLAIM" }, job: { S: job.id } };
  const ConditionExpression = "attribute_not_exists(pk)";
  await dynamodb.send(new PutItemCommand({ TableName, Item: claim, ConditionExpression }));
  const member = createHash("md5").update(email.toLowerCase()).digest("hex");
  const answer = await call(`${SANDBOX_URL}/mailchimp/3.0/lists/${list}/members/${member}`, {
    method: "PUT", body: JSON.stringify({ email_address: email, status_if_new: "subscribed" }),
    headers: { authorization: `Bearer ${credentials.api_key}`, "content-type": "application/json" },
  });
  const status = JSON.parse(answer.body).status === "subscribed" ? "performed" : "rejected";
  const record = { pk: { S: job.id }, sk: { S: "JOB" }, status: { S: status }, email: { S: email } };
  await dynamodb.send(new PutItemCommand({ TableName, Item: record }));
}

async function connector({ Records }) {
  await Promise.all(Records.map(perform));
  return { batchItemFailures: [] };
}

const agent = new Agent({ keepAlive: true });
function call(url, { body, ...options }) {
  return new Promise((resolve, reject) => {
    const request = send(url, { agent, ...options }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const handle = { trigger, connector }[_HANDLER];
const runtime = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await call(`${runtime}/next`, { method: "GET" });
  const answer = JSON.stringify((await handle(JSON.parse(next.body))) ?? null);
  const id = next.headers["lambda-runtime-aws-request-id"];
  await call(`${runtime}/${id}/response`, { method: "POST", body: answer });
}
