//! The resources of a stack, read from its template.

mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::dynamodb::{IndexSettings, KeyAttribute, Schema, TableSettings};
use super::events::{Pattern, Transformer};
use super::sqs::QueueSettings;
use template::Template;

/// The region of every deployment.
pub const REGION: &str = "us-east-1";
/// The account of every deployment.
pub const ACCOUNT: &str = "000000000000";

/// The resources of the AWS in memory.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// The functions, by their logical id in the template, such as `OrderCompleted` or `mailchimp`.
    pub functions: BTreeMap<String, FunctionSettings>,
    /// The tables, by name.
    pub tables: BTreeMap<String, TableSettings>,
    /// The queues, by name.
    pub queues: BTreeMap<String, QueueSettings>,
    /// The ARNs of the keys of KMS.
    pub keys: BTreeSet<String>,
    /// The texts of secrets, by name.
    pub secrets: BTreeMap<String, String>,
    /// The names of the buses.
    pub buses: BTreeSet<String>,
    /// The rules of the buses.
    pub rules: Vec<Rule>,
}

/// The settings of a function.
#[derive(Debug, Clone, Default)]
pub struct FunctionSettings {
    /// The function's name in calls: its `FunctionName`, or a name made of the stack's and its logical id.
    pub name: String,
    /// The handler.
    pub handler: String,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The time limit of an invocation.
    pub timeout: Duration,
    /// How often an asynchronous invocation that failed is repeated.
    pub retries: u32,
    /// How long an asynchronous invocation is kept.
    pub longest_wait: Duration,
    /// The name of the queue for asynchronous invocations that failed for good.
    pub on_failure: Option<String>,
    /// The queues that invoke the function.
    pub queues: Vec<QueueSource>,
    /// The time between invocations by a schedule.
    pub every: Option<Duration>,
}

impl FunctionSettings {
    /// The function's ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.name)
    }
}

/// A queue that invokes a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// The queue's name.
    pub queue: String,
    /// The most messages of an invocation.
    pub batch: usize,
    /// For how long Lambda waits until an invocation has as many messages.
    pub window: Duration,
    /// The most invocations at the same time.
    pub concurrency: usize,
    /// Whether the function returns the messages that failed.
    pub partial: bool,
}

/// A rule of a bus.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its logical id.
    pub name: String,
    /// The bus's name.
    pub bus: String,
    /// The events that it matches.
    pub pattern: Pattern,
    /// Where it sends them.
    pub targets: Vec<Target>,
}

/// A target of a rule.
#[derive(Debug, Clone)]
pub struct Target {
    /// The ARN of a function or a queue.
    pub arn: String,
    /// Makes the target's input of the event; `None`: the event itself.
    pub transformer: Option<Transformer>,
    /// How often a delivery that failed is repeated.
    pub retries: u32,
    /// For how long it is repeated.
    pub longest_wait: Duration,
    /// The ARN of the queue for events that could not be delivered.
    pub dead_letters: Option<String>,
}

/// The template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(pub String);

impl Deployment {
    /// Reads a template, with these values of its parameters in place of their defaults.
    pub fn read(template: &str, parameters: &[(&str, &str)]) -> Result<Self, TemplateError> {
        let template = Template::read(template, parameters)?;
        let mut deployment = Self::default();
        for (name, table) in template.resources("AWS::DynamoDB::Table")? {
            deployment.tables.insert(template.name(&name)?, read_table(&table)?);
        }
        for (name, queue) in template.resources("AWS::SQS::Queue")? {
            deployment.queues.insert(template.name(&name)?, read_queue(&queue));
        }
        for (name, _) in template.resources("AWS::KMS::Key")? {
            let name = template.name(&name)?;
            deployment.keys.insert(format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"));
        }
        for (name, _) in template.resources("AWS::SecretsManager::Secret")? {
            let name = template.name(&name)?;
            let text = format!("{name}-").repeat(64).chars().take(64).collect();
            deployment.secrets.insert(name, text);
        }
        for (name, _) in template.resources("AWS::Events::EventBus")? {
            deployment.buses.insert(template.name(&name)?);
        }
        deployment.read_functions(&template)?;
        for (name, rule) in template.resources("AWS::Events::Rule")? {
            let targets = rule["Targets"].as_array().into_iter().flatten().map(read_target).collect();
            deployment.add_rule(name, &rule["EventBusName"], &rule["EventPattern"], targets)?;
        }
        Ok(deployment)
    }

    fn read_functions(&mut self, template: &Template) -> Result<(), TemplateError> {
        let globals = template.globals()?;
        for (logical, function) in template.resources("AWS::Serverless::Function")? {
            let either =
                |name: &str| function.get(name).or_else(|| globals.get(name)).cloned().unwrap_or_default();
            let environment = [&globals, &function]
                .into_iter()
                .flat_map(|from| from["Environment"]["Variables"].as_object().into_iter().flatten());
            let environment = environment.map(|(name, value)| (name.clone(), self.text_of(value))).collect();
            let mut settings = FunctionSettings {
                name: template.name(&logical)?,
                handler: text(&either("Handler")),
                environment,
                timeout: seconds(&either("Timeout"), 3),
                retries: 2,
                longest_wait: Duration::from_hours(6),
                ..FunctionSettings::default()
            };
            settings.read_invocations(&function["EventInvokeConfig"]);
            for (name, event) in function["Events"].as_object().into_iter().flatten() {
                let properties = &event["Properties"];
                match event["Type"].as_str() {
                    Some("SQS") => settings.queues.push(read_source(properties)),
                    Some("ScheduleV2") => {
                        settings.every = Some(rate(&text(&properties["ScheduleExpression"]))?);
                    }
                    Some("EventBridgeRule") => {
                        let mut target = read_target(properties);
                        target.arn = settings.arn();
                        let rule = format!("{logical}{name}");
                        self.add_rule(
                            rule,
                            &properties["EventBusName"],
                            &properties["Pattern"],
                            vec![target],
                        )?;
                    }
                    _ => {}
                }
            }
            self.functions.insert(logical, settings);
        }
        for (_, source) in template.resources("AWS::Lambda::EventSourceMapping")? {
            let name = text(&source["FunctionName"]);
            if let Some(function) = self.functions.values_mut().find(|function| function.name == name) {
                function.queues.push(read_source(&source));
            }
        }
        for (_, invocations) in template.resources("AWS::Lambda::EventInvokeConfig")? {
            let name = text(&invocations["FunctionName"]);
            if let Some(function) = self.functions.values_mut().find(|function| function.name == name) {
                function.read_invocations(&invocations);
            }
        }
        Ok(())
    }

    /// The value of a variable; CloudFormation puts the texts of secrets into it.
    fn text_of(&self, value: &Value) -> String {
        let value = text(value);
        let secret = value.strip_prefix("{{resolve:secretsmanager:").and_then(|rest| rest.strip_suffix("}}"));
        secret.and_then(|name| self.secrets.get(name).cloned()).unwrap_or(value)
    }

    fn add_rule(
        &mut self,
        name: String,
        bus: &Value,
        pattern: &Value,
        targets: Vec<Target>,
    ) -> Result<(), TemplateError> {
        let pattern = match pattern {
            Value::String(json) => serde_json::from_str(json)
                .map_err(|why| TemplateError(format!("the pattern of {name}: {why}")))?,
            other => other.clone(),
        };
        let pattern =
            Pattern::read(&pattern).map_err(|why| TemplateError(format!("the pattern of {name}: {why}")))?;
        self.rules.push(Rule { name, bus: text(bus), pattern, targets });
        Ok(())
    }
}

impl FunctionSettings {
    fn read_invocations(&mut self, settings: &Value) {
        if let Some(retries) = settings["MaximumRetryAttempts"].as_u64() {
            self.retries = u32::try_from(retries).unwrap_or(2);
        }
        self.longest_wait = seconds(&settings["MaximumEventAgeInSeconds"], self.longest_wait.as_secs());
        if let Some(queue) = settings["DestinationConfig"]["OnFailure"]["Destination"].as_str() {
            self.on_failure = Some(last(queue));
        }
    }
}

fn read_table(table: &Value) -> Result<TableSettings, TemplateError> {
    let kinds: BTreeMap<_, _> = list(&table["AttributeDefinitions"])
        .map(|attribute| (text(&attribute["AttributeName"]), text(&attribute["AttributeType"])))
        .collect();
    let keys = |of: &Value| {
        let key = |kind: &str| {
            let found = list(&of["KeySchema"]).find(|key| key["KeyType"] == kind)?;
            let name = text(&found["AttributeName"]);
            Some(KeyAttribute { kind: kinds.get(&name)?.clone(), name })
        };
        let partition =
            key("HASH").ok_or_else(|| TemplateError("a table has no partition key".to_owned()))?;
        Ok::<_, TemplateError>(Schema { partition, sort: key("RANGE") })
    };
    let own = keys(table)?;
    let mut indexes = BTreeMap::new();
    for index in list(&table["GlobalSecondaryIndexes"]) {
        let schema = keys(index)?;
        let projection = &index["Projection"];
        let attributes = (projection["ProjectionType"] != "ALL").then(|| {
            let named = list(&projection["NonKeyAttributes"]).map(text);
            let of_keys = schema.attributes().chain(own.attributes()).map(|key| key.name.clone());
            named.chain(of_keys).collect()
        });
        indexes.insert(text(&index["IndexName"]), IndexSettings { keys: schema, attributes });
    }
    let ttl = &table["TimeToLiveSpecification"];
    let ttl = ttl["AttributeName"].as_str().filter(|_| ttl["Enabled"] == true).map(str::to_owned);
    Ok(TableSettings { keys: own, indexes, ttl })
}

fn read_queue(queue: &Value) -> QueueSettings {
    let default = QueueSettings::default();
    let redrive = &queue["RedrivePolicy"];
    let target = redrive["deadLetterTargetArn"].as_str();
    let limit = redrive["maxReceiveCount"].as_u64().and_then(|limit| u32::try_from(limit).ok());
    QueueSettings {
        visibility: seconds(&queue["VisibilityTimeout"], default.visibility.as_secs()),
        retention: seconds(&queue["MessageRetentionPeriod"], default.retention.as_secs()),
        dead_letters: target.map(last).zip(limit),
    }
}

fn read_source(properties: &Value) -> QueueSource {
    let number = |value: &Value, default| text(value).parse().unwrap_or(default);
    QueueSource {
        queue: last(&text(properties.get("Queue").unwrap_or(&properties["EventSourceArn"]))),
        window: seconds(&properties["MaximumBatchingWindowInSeconds"], 0),
        batch: number(&properties["BatchSize"], 10),
        concurrency: number(&properties["ScalingConfig"]["MaximumConcurrency"], 1000),
        partial: list(&properties["FunctionResponseTypes"]).any(|kind| kind == "ReportBatchItemFailures"),
    }
}

/// A target of a rule, with EventBridge's defaults.
fn read_target(target: &Value) -> Target {
    let retry = &target["RetryPolicy"];
    let attempts = retry["MaximumRetryAttempts"].as_u64().and_then(|attempts| u32::try_from(attempts).ok());
    let transformer = &target["InputTransformer"];
    Target {
        arn: text(&target["Arn"]),
        transformer: transformer["InputTemplate"].as_str().map(|template| {
            let paths = transformer["InputPathsMap"].as_object().into_iter().flatten();
            Transformer::new(template, paths.map(|(name, path)| (name.clone(), text(path))).collect())
        }),
        retries: attempts.unwrap_or(185),
        longest_wait: seconds(&retry["MaximumEventAgeInSeconds"], 86_400),
        dead_letters: target["DeadLetterConfig"]["Arn"].as_str().map(str::to_owned),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn seconds(value: &Value, default: u64) -> Duration {
    Duration::from_secs(text(value).parse().unwrap_or(default))
}

/// The name in an ARN or a URL.
fn last(address: &str) -> String {
    address.rsplit([':', '/']).next().unwrap_or(address).to_owned()
}

/// The time between invocations of a schedule.
fn rate(expression: &str) -> Result<Duration, TemplateError> {
    let wrong = || TemplateError(format!("the schedule {expression} is not implemented"));
    let inner = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')).ok_or_else(wrong)?;
    let (number, unit) = inner.split_once(' ').ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number * seconds))
}
