//! Calls by name through a transport that wants them by type.

use std::{fmt, marker::PhantomData};

use headless_chrome::{
    browser::{
        ConnectionClosed,
        transport::{MethodDestination, SessionId, Transport},
    },
    protocol::cdp::{Browser, DOM, Emulation, Inspector, Network, Page, Runtime, Target, types::Method},
    types::RemoteError,
};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::request::Failure;

/// A method with the crate's name for it. Parameters and result pass as they are: a browser may be newer than the types.
struct Raw<M> {
    params: Value,
    method: PhantomData<M>,
}

impl<M> fmt::Debug for Raw<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The transport formats every call; a page need not be.
        formatter.write_str("call")
    }
}

impl<M> Serialize for Raw<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.params.serialize(serializer)
    }
}

impl<M: Method> Method for Raw<M> {
    const NAME: &'static str = M::NAME;

    type ReturnObject = Value;
}

fn send<M: Method>(transport: &Transport, session: Option<&str>, params: Value) -> Result<Value, Failure> {
    let destination = match session {
        Some(session) => MethodDestination::Target(SessionId::from(session.to_owned())),
        None => MethodDestination::Browser,
    };
    transport.call_method(Raw::<M> { params, method: PhantomData }, destination).map_err(|error| {
        if error.is::<ConnectionClosed>() {
            return Failure::Closed;
        }
        let refusal = error.downcast_ref::<RemoteError>().map(|error| error.message.clone());
        Failure::Refused(refusal.unwrap_or_else(|| error.to_string()))
    })
}

macro_rules! methods {
    ($($domain:ident::$method:ident),* $(,)?) => {
        /// Calls a method and waits for its result.
        ///
        /// # Errors
        /// Where the connection is gone, the browser refuses, or no page that is rendered needs a method of that name.
        pub fn call(
            transport: &Transport,
            session: Option<&str>,
            method: &str,
            params: Value,
        ) -> Result<Value, Failure> {
            match method {
                $(<$domain::$method as Method>::NAME => send::<$domain::$method>(transport, session, params),)*
                _ => Err(Failure::Refused(format!("{method} is not spoken with remote browsers"))),
            }
        }
    };
}

methods![
    Browser::GetVersion,
    Browser::SetDownloadBehavior,
    DOM::Enable,
    DOM::GetDocument,
    DOM::GetNodeStackTraces,
    DOM::RequestNode,
    DOM::SetNodeStackTracesEnabled,
    Emulation::SetDeviceMetricsOverride,
    Emulation::SetScriptExecutionDisabled,
    Emulation::SetScrollbarsHidden,
    Inspector::Enable,
    Network::EmulateNetworkConditions,
    Network::Enable,
    Page::CaptureScreenshot,
    Page::CreateIsolatedWorld,
    Page::Enable,
    Page::HandleJavaScriptDialog,
    Page::Navigate,
    Page::ResetNavigationHistory,
    Page::SetDocumentContent,
    Page::StopLoading,
    Runtime::Evaluate,
    Runtime::GetProperties,
    Runtime::ReleaseObject,
    Runtime::TerminateExecution,
    Target::AttachToTarget,
    Target::CloseTarget,
    Target::CreateBrowserContext,
    Target::CreateTarget,
    Target::DetachFromTarget,
];
