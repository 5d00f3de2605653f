//! The shipped functions as the code that Lambda runs.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::rc::Rc;
use std::str::FromStr;

use connector::call::{Access, Call, Connector, Grant, GrantedValues, Identity};
use connector::http::HttpSettings;
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use domain::trigger::Trigger;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use runtime::metrics;
use serde::de::DeserializeOwned;

use super::apps::Sent;
use super::code::Code;
use super::process::{Host, Process};
use super::tenants::Tenants;
use crate::aws::Deployment;
use crate::aws::functions::{Context, Function, Lambda, Sandbox};
use crate::coverage::{self, Reached};

/// Starts a function in INIT.
type Start<C> = Box<dyn Fn() -> LocalBoxFuture<'static, Result<C, String>>>;

/// A function whose sandboxes are processes.
struct Shipped<C> {
    place: Place,
    start: Start<C>,
}

/// Where the sandboxes of a function run.
struct Place {
    host: Host,
    environment: BTreeMap<String, String>,
    reached: Reached,
}

impl Place {
    fn runs<C: Code>(
        self,
        start: impl Fn() -> LocalBoxFuture<'static, Result<C, String>> + 'static,
    ) -> Rc<dyn Function> {
        Rc::new(Shipped { place: self, start: Box::new(start) })
    }
}

impl<C: Code> Function for Shipped<C> {
    fn start(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Sandbox>, String>> {
        let Place { host, environment, reached } = &self.place;
        let (process, reached) = (host.process(environment), reached.clone());
        let starting = (self.start)();
        async move {
            let code = process.run(starting).await?;
            let sandbox: Rc<dyn Sandbox> = Rc::new(Running { process, code, reached });
            Ok(sandbox)
        }
        .boxed_local()
    }
}

/// A sandbox.
struct Running<C> {
    process: Process,
    code: C,
    reached: Reached,
}

impl<C: Code> Sandbox for Running<C> {
    fn handle(&self, event: String, context: Context) -> LocalBoxFuture<'_, Result<String, String>> {
        let handled = async move {
            // If the sandbox is killed, the answers that the apps gave it are lost.
            let sent = Sent::by(&self.process.apps);
            let tenants = Tenants::of(&event);
            let handled = tenants.during(metrics::gather(self.code.handle(event, context)));
            let (result, numbers) = self.process.run(sent.during(handled)).await;
            let names: BTreeSet<_> = numbers.names().collect();
            if !names.contains("TableFailures") && result.is_ok() {
                sent.recorded();
            }
            self.reached.extend(names);
            result
        };
        handled.boxed_local()
    }
}

fn read<T: DeserializeOwned>(event: &str) -> Result<T, String> {
    serde_json::from_str(event).map_err(|error| format!("the event cannot be read: {error}"))
}

fn done<T>(result: Result<T, runtime::Error>) -> Result<String, String> {
    result.map(|_| "null".to_owned()).map_err(|error| error.to_string())
}

impl Code for triggers::handle::Function {
    async fn handle(&self, event: String, _: Context) -> Result<String, String> {
        done(self.handle(read(&event)?).await)
    }
}

impl Code for prospects::handle::Function {
    async fn handle(&self, event: String, context: Context) -> Result<String, String> {
        done(self.handle(read(&event)?, &context.function_arn).await)
    }
}

impl Code for products::handle::Function {
    async fn handle(&self, event: String, _: Context) -> Result<String, String> {
        done(self.handle(read(&event)?).await)
    }
}

impl<C: Connector + 'static> Code for connector::Function<C> {
    async fn handle(&self, event: String, context: Context) -> Result<String, String> {
        let answer = self.handle(read(&event)?, context.deadline).await;
        answer.map(|answer| answer.to_string()).map_err(|error| error.to_string())
    }
}

/// Deploys every function that facts and jobs need.
pub(super) fn deploy(host: &Host, lambda: &Lambda, deployment: &Deployment, reached: &Reached) {
    for settings in deployment.functions.values() {
        let environment = settings.environment.clone();
        let place = Place { host: host.clone(), environment, reached: reached.clone() };
        let code = match settings.handler.as_str() {
            "prospects" => place.runs(|| text(prospects::handle::Function::start())),
            "products" => place.runs(|| text(products::handle::Function::start())),
            "sweeper" => place.runs(|| text(::sweeper::sweep::Sweeper::start())),
            "kit" => place.runs(connects(reached, kit::Kit::new)),
            "mailchimp" => place.runs(connects(reached, mailchimp::Mailchimp::new)),
            "webhook" => place.runs(connects(reached, webhook::Webhook::new)),
            "highlevel" => place.runs(connects(reached, highlevel::HighLevel::new)),
            other => match Trigger::from_str(other).ok().and_then(triggers::registry::definition) {
                Some(definition) => place.runs(move || text(triggers::handle::Function::start(definition))),
                // The API and the console: the operations are called without them.
                None => continue,
            },
        };
        lambda.deploy(&settings.name, code);
    }
}

fn text<T, E: std::fmt::Display>(
    starting: impl Future<Output = Result<T, E>> + 'static,
) -> LocalBoxFuture<'static, Result<T, String>> {
    starting.map(|started| started.map_err(|error| error.to_string())).boxed_local()
}

fn connects<C, E>(
    reached: &Reached,
    connect: fn(&HttpSettings) -> Result<C, E>,
) -> impl Fn() -> LocalBoxFuture<'static, Result<connector::Function<Observed<C>>, String>> + 'static
where
    C: Connector + 'static,
    E: Into<runtime::Error> + 'static,
{
    let reached = reached.clone();
    move || {
        let reached = reached.clone();
        let connect =
            move |settings: &HttpSettings| connect(settings).map(|connector| Observed { connector, reached });
        text(connector::Function::start(connect))
    }
}

/// A connector whose outcomes are noted.
struct Observed<C> {
    connector: C,
    reached: Reached,
}

impl<C: Connector> Connector for Observed<C> {
    fn app(&self) -> App {
        self.connector.app()
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        let outcome = self.connector.perform(call).await;
        self.reached.add(coverage::outcome(&outcome));
        outcome
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        self.connector.identify(access).await
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        self.connector.options(access, list).await
    }

    async fn granted(&self, grant: &Grant<'_>) -> Result<GrantedValues, Setback> {
        self.connector.granted(grant).await
    }
}
