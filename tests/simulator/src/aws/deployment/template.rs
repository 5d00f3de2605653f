//! Reads a CloudFormation template: loops, parameters, mappings and the functions that refer to resources.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use super::{ACCOUNT, REGION, TemplateError};

/// The stack's name.
pub(super) const STACK: &str = "engine";

type Result<T> = std::result::Result<T, TemplateError>;

/// A template with its parameters' values.
#[derive(Debug)]
pub(super) struct Template {
    whole: Value,
    parameters: BTreeMap<String, Value>,
    /// The resources, loops expanded and functions not resolved.
    resources: Map<String, Value>,
}

fn wrong<T>(what: impl Into<String>) -> Result<T> {
    Err(TemplateError(what.into()))
}

impl Template {
    pub(super) fn read(text: &str, given: &[(&str, &str)]) -> Result<Self> {
        let yaml: Yaml = serde_norway::from_str(text).map_err(|why| TemplateError(why.to_string()))?;
        let whole = plain(&yaml)?;
        let mut parameters = BTreeMap::new();
        for (name, declared) in whole["Parameters"].as_object().into_iter().flatten() {
            let value = given.iter().find(|(given, _)| given == name).map(|(_, value)| json!(value));
            let value = value.unwrap_or_else(|| declared["Default"].clone());
            let list = declared["Type"] == "CommaDelimitedList";
            let value = match value.as_str() {
                Some(text) if list => text.split(',').map(str::trim).collect(),
                _ => value,
            };
            parameters.insert(name.clone(), value);
        }
        if let Some((unknown, _)) = given.iter().find(|(name, _)| !parameters.contains_key(*name)) {
            return wrong(format!("the template has no parameter {unknown}"));
        }
        let Value::Object(resources) = expanded(&whole["Resources"], &parameters)? else {
            return wrong("the template has no resources");
        };
        Ok(Self { whole, parameters, resources })
    }

    /// The resources of a type: each name with its properties, resolved.
    pub(super) fn resources(&self, kind: &str) -> Result<Vec<(String, Value)>> {
        let mut found = Vec::new();
        for (name, resource) in &self.resources {
            if resource["Type"] == kind && self.exists(resource)? {
                found.push((name.clone(), self.resolved(&resource["Properties"])?));
            }
        }
        Ok(found)
    }

    /// The section of the template that applies to every function.
    pub(super) fn globals(&self) -> Result<Value> {
        self.resolved(&self.whole["Globals"]["Function"])
    }

    fn exists(&self, resource: &Value) -> Result<bool> {
        resource["Condition"].as_str().map_or(Ok(true), |name| self.condition(name))
    }

    fn condition(&self, name: &str) -> Result<bool> {
        match self.resolved(&self.whole["Conditions"][name])? {
            Value::Bool(holds) => Ok(holds),
            other => wrong(format!("the condition {name} is {other}")),
        }
    }

    fn resolved(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::Array(list) => {
                let all = list.iter().map(|one| self.resolved(one)).collect::<Result<Vec<_>>>()?;
                Value::Array(all.into_iter().filter(|one| !one.is_null()).collect())
            }
            Value::Object(map) => match map.iter().next() {
                Some((name, arguments)) if map.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) => {
                    self.call(name, arguments)?
                }
                _ => {
                    let mut all = Map::new();
                    for (name, one) in map {
                        let one = self.resolved(one)?;
                        if !one.is_null() {
                            all.insert(name.clone(), one);
                        }
                    }
                    Value::Object(all)
                }
            },
            scalar => scalar.clone(),
        })
    }

    fn call(&self, function: &str, given: &Value) -> Result<Value> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => wrong(format!("{function} needs a text, not {other}")),
        };
        if function == "Fn::If" {
            let holds = self.condition(&text(&given[0])?)?;
            return self.resolved(&given[if holds { 1 } else { 2 }]);
        }
        if function == "Fn::Sub" {
            return self.substituted(given);
        }
        let given = self.resolved(given)?;
        Ok(match function {
            "Ref" => self.reference(&text(&given)?)?,
            "Fn::GetAtt" => self.attribute(&text(&given[0])?, &text(&given[1])?)?,
            "Fn::Equals" => json!(given[0] == given[1]),
            "Fn::Not" => json!(given[0] != json!(true)),
            "Fn::Join" => {
                let parts =
                    given[1].as_array().into_iter().flatten().map(text).collect::<Result<Vec<_>>>()?;
                json!(parts.join(&text(&given[0])?))
            }
            "Fn::Split" => text(&given[1])?.split(&text(&given[0])?).collect(),
            "Fn::Select" => {
                let index: usize =
                    text(&given[0])?.parse().map_err(|_| TemplateError(format!("Fn::Select of {given}")))?;
                given[1][index].clone()
            }
            "Fn::FindInMap" => {
                let [map, row, column] = [text(&given[0])?, text(&given[1])?, text(&given[2])?];
                let found = &self.whole["Mappings"][&map][&row][&column];
                match (found, given.get(3).and_then(|more| more.get("DefaultValue"))) {
                    (Value::Null, Some(default)) => default.clone(),
                    (Value::Null, None) => return wrong(format!("no {map}.{row}.{column}")),
                    (found, _) => found.clone(),
                }
            }
            "Fn::ToJsonString" => json!(given.to_string()),
            other => return wrong(format!("the function {other} is not implemented")),
        })
    }

    fn substituted(&self, given: &Value) -> Result<Value> {
        let (text, own) = match given {
            Value::String(text) => (text.as_str(), Value::Null),
            _ => (given[0].as_str().unwrap_or_default(), self.resolved(&given[1])?),
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return wrong(format!("no end in {text}"));
            };
            let value = match (own.get(name), name.split_once('.')) {
                (Some(value), _) => value.clone(),
                (None, Some((resource, attribute))) => self.attribute(resource, attribute)?,
                (None, None) => self.reference(name)?,
            };
            result.push_str(before);
            match value {
                Value::String(value) => result.push_str(&value),
                other => result.push_str(&other.to_string()),
            }
            rest = after;
        }
        Ok(json!(result + rest))
    }

    fn reference(&self, name: &str) -> Result<Value> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        Ok(match name {
            "AWS::Region" => json!(REGION),
            "AWS::AccountId" => json!(ACCOUNT),
            "AWS::Partition" => json!("aws"),
            "AWS::URLSuffix" => json!("amazonaws.com"),
            "AWS::StackName" => json!(STACK),
            "AWS::NoValue" => Value::Null,
            name => {
                let own = self.name(name)?;
                match self.resources[name]["Type"].as_str() {
                    Some("AWS::SQS::Queue") => {
                        json!(format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{own}"))
                    }
                    _ => json!(own),
                }
            }
        })
    }

    /// The physical name of a resource.
    pub(super) fn name(&self, logical: &str) -> Result<String> {
        let Some(resource) = self.resources.get(logical) else {
            return wrong(format!("the template has no resource {logical}"));
        };
        for property in ["FunctionName", "QueueName", "Name"] {
            let given = &resource["Properties"][property];
            if !given.is_null() {
                return self.resolved(given).map(|name| name.as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(format!("{STACK}-{logical}"))
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Result<Value> {
        let name = self.name(logical)?;
        if attribute != "Arn" {
            return Ok(json!(name));
        }
        let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}{name}");
        Ok(json!(match self.resources[logical]["Type"].as_str() {
            Some("AWS::SQS::Queue") => arn("sqs", ""),
            Some("AWS::Serverless::Function") => arn("lambda", "function:"),
            Some("AWS::DynamoDB::Table") => arn("dynamodb", "table/"),
            Some("AWS::KMS::Key") => arn("kms", "key/"),
            Some("AWS::Events::EventBus") => arn("events", "event-bus/"),
            Some("AWS::Events::Rule") => arn("events", "rule/"),
            Some("AWS::Scheduler::ScheduleGroup") => arn("scheduler", "schedule-group/"),
            Some("AWS::IAM::Role") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            _ => arn("other", ""),
        }))
    }
}

/// YAML as JSON, its tags as functions.
fn plain(yaml: &Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Tagged(tagged) => {
            let value = plain(&tagged.value)?;
            let tag = tagged.tag.to_string();
            match tag.trim_start_matches('!') {
                "Ref" => json!({ "Ref": value }),
                "GetAtt" => match value.as_str().and_then(|text| text.split_once('.')) {
                    Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
                    None => json!({ "Fn::GetAtt": value }),
                },
                other => json!({ format!("Fn::{other}"): value }),
            }
        }
        Yaml::Mapping(map) => {
            let mut all = Map::new();
            for (key, value) in map {
                let key = key.as_str().ok_or_else(|| TemplateError(format!("{key:?} is no name")))?;
                all.insert(key.to_owned(), plain(value)?);
            }
            Value::Object(all)
        }
        Yaml::Sequence(list) => Value::Array(list.iter().map(plain).collect::<Result<_>>()?),
        scalar => serde_json::to_value(scalar).map_err(|why| TemplateError(why.to_string()))?,
    })
}

/// The resources with each `Fn::ForEach` in place of its repetitions. Its list can be a parameter.
fn expanded(resources: &Value, parameters: &BTreeMap<String, Value>) -> Result<Value> {
    let mut all = Map::new();
    for (name, resource) in resources.as_object().into_iter().flatten() {
        if !name.starts_with("Fn::ForEach::") {
            all.insert(name.clone(), resource.clone());
            continue;
        }
        let parameter = resource[1]["Ref"].as_str().and_then(|name| parameters.get(name));
        let list = parameter.unwrap_or(&resource[1]);
        let (Some(variable), Some(values)) = (resource[0].as_str(), list.as_array()) else {
            return wrong(format!("{name} needs a variable and a list"));
        };
        for value in values.iter().filter_map(Value::as_str) {
            let made = replaced(&resource[2], variable, value);
            if let Value::Object(made) = expanded(&made, parameters)? {
                all.extend(made);
            }
        }
    }
    Ok(Value::Object(all))
}

fn replaced(value: &Value, variable: &str, by: &str) -> Value {
    let text = |text: &str| text.replace(&format!("${{{variable}}}"), by);
    match value {
        Value::String(whole) => json!(text(whole)),
        Value::Array(list) => list.iter().map(|one| replaced(one, variable, by)).collect(),
        Value::Object(map) if map.len() == 1 && map.get("Ref").is_some_and(|name| name == variable) => {
            json!(by)
        }
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, one)| (text(name), replaced(one, variable, by))).collect())
        }
        scalar => scalar.clone(),
    }
}
