"""The operator's routes are called as IAM wants it (SigV4), by local AWS's root user, who may. Each response is in time."""

import os
import time
from datetime import timedelta
from functools import partial

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest, Response

# API Gateway waits no longer for the function, in seconds.
LONGEST_ANSWER = 30

# A response with 503 says that the request can be repeated, and on a busy machine local AWS is slow. A route that fails
# returns it each time.
MOST_REPEATED = 3

SIGNER = SigV4Auth(Credentials("test", "test"), "execute-api", os.environ["AWS_REGION"])


def prepared(request: PreparedRequest, is_signed: bool) -> PreparedRequest:
    # The requests that test missing authorization have lost the header that all others have, and stay unsigned.
    if is_signed and "Authorization" in request.headers:
        content_type = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        signable = AWSRequest(request.method, request.url, headers=content_type, data=request.body)
        SIGNER.add_auth(signable)
        request.headers.update(signable.headers.items())
    request.register_hook("response", repeated)
    return request


def repeated(response: Response, **sending) -> Response:
    """The response, or that of a repeated request, as the client of an API repeats it."""
    for seconds in range(1, MOST_REPEATED + 1):
        if response.status_code != 503:
            break
        response.close()
        time.sleep(seconds)
        begun = time.monotonic()
        response = response.connection.send(response.request, **sending)
        response.elapsed = timedelta(seconds=time.monotonic() - begun)
    return response


def is_operators(case) -> bool:
    return case.operation.path.startswith("/operator/")


@schemathesis.hook
def before_call(context, case, kwargs):
    kwargs["auth"] = partial(prepared, is_signed=is_operators(case))


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """Local AWS does not route a path with a line break."""
    values = [str(value) for value in (path_parameters or {}).values()]
    return not any("\n" in value or "%0A" in value for value in values)


@schemathesis.check
def unsigned_is_forbidden(ctx, response, case):
    """Replaces `missing_required_header`, which accepts only a 401 if `Authorization` is missing."""
    if is_operators(case) and "Authorization" not in response.request.headers:
        assert response.status_code == 403, f"unsigned, but the status is {response.status_code}"


@schemathesis.check
def answered_in_time(ctx, response, case):
    assert response.elapsed <= LONGEST_ANSWER, f"answered after {response.elapsed:.1f} s, more than {LONGEST_ANSWER} s"
