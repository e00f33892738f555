//! How a problem crosses between browser and server.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

use crate::model::{Problem, ProblemKind};

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => {
                Self::new(ProblemKind::Overloaded, "the server does not answer; is swarmscope still running?")
            }
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                Self::bad_request(format!("the call could not be read: {detail}"))
            }
            error => Self::new(ProblemKind::Internal, format!("the page and the server misunderstood: {error}")),
        }
    }
}
