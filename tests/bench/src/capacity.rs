//! The template's own numbers.
use serde_norway::Value;

use crate::failed::Failed;
use crate::model::Capacity;
use crate::stack::project;

/// How many jobs of one app can be under way at once.
pub(crate) fn of_template() -> Result<Capacity, Failed> {
    let text = std::fs::read_to_string(project().join("infra/template.yaml"))
        .map_err(Failed::at("there is no infra/template.yaml"))?;
    let template: Value =
        serde_norway::from_str(&text).map_err(Failed::at("infra/template.yaml does not read"))?;
    let copies = &template["Parameters"]["ConnectorConcurrency"]["Default"];
    let connector = &template["Resources"]["Fn::ForEach::Apps"][2]["${App}"]["Properties"];
    let batch = &connector["Events"]["Jobs"]["Properties"]["BatchSize"];
    match (number(copies), number(batch)) {
        (Some(copies), Some(batch)) => Ok(Capacity { copies, batch }),
        _ => Err(Failed::new("infra/template.yaml does not say how many jobs can be under way")),
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| number.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_how_many_jobs_can_be_under_way() {
        let capacity = of_template().unwrap();
        assert!(capacity.copies > 1 && capacity.batch > 1, "{capacity:?}");
    }
}
