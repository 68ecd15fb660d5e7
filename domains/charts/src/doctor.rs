//! What the charts domain needs of the machine.

use galley_core::Check;
use galley_sandbox::{Limits, Mechanisms, Pool};

use crate::environment::{Environment, HELP, MODULES};

/// An interpreter that warms up, and the jail. Starts one interpreter and touches nothing.
pub fn checks() -> Vec<Check> {
    vec![python(), jail()]
}

fn python() -> Check {
    let found = Environment::find().map_err(|error| error.to_string()).and_then(|environment| {
        let language = environment.language(&MODULES, Limits::default());
        let about = Pool::new(language, Mechanisms::available(), 1, 1).about();
        let about = about.map_err(|error| error.to_string())?;
        let part = |name: &str| about[name].as_str().unwrap_or("?").to_owned();
        let path = environment.0.interpreter.display();
        Ok(format!("Python {}, matplotlib {} ({path})", part("python"), part("matplotlib")))
    });
    let ok = found.is_ok();
    let found = found.unwrap_or_else(|error| error);
    Check { name: "python for charts".into(), ok, found, help: HELP.into() }
}

fn jail() -> Check {
    let mechanisms = Mechanisms::available();
    Check {
        name: "sandbox".into(),
        ok: mechanisms.missing().is_empty(),
        found: format!("{mechanisms}"),
        help: "programs run with what there is; Landlock needs Linux 5.13, namespaces root or unprivileged user \
               namespaces (kernel.unprivileged_userns_clone=1, no container profile against them), control groups a \
               writable hierarchy. `sandbox = \"required\"` in [domain.charts] refuses to run without all"
            .into(),
    }
}
