//! The numbers in the template.
use serde_norway::Value;
use stack::project;

use crate::model::Capacity;

/// The number of jobs of one app that can be in progress at once.
pub(crate) fn of_template() -> Capacity {
    let text = std::fs::read_to_string(project().join("infra/template.yaml")).expect("infra/template.yaml");
    let template: Value = serde_norway::from_str(&text).expect("YAML");
    let copies = &template["Parameters"]["ConnectorConcurrency"]["Default"];
    let jobs = &template["Resources"]["Fn::ForEach::Connectors"][2]["${App}Jobs"]["Properties"];
    let batch = &jobs["BatchSize"];
    let number = |value: &Value| value.as_u64().and_then(|number| number.try_into().ok());
    Capacity {
        copies: number(copies).expect("the number of simultaneous instances of a connector"),
        batch: number(batch).expect("the number of jobs in a batch"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_how_many_jobs_can_be_under_way() {
        let capacity = of_template();
        assert!(capacity.copies > 1 && capacity.batch > 1, "{capacity:?}");
    }
}
