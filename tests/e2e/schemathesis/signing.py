"""The operator's routes are called as IAM wants it (SigV4), by local AWS's root user, who may. Each response is in time."""

import os

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest

# API Gateway waits no longer for the function, in seconds.
LONGEST_ANSWER = 30

SIGNER = SigV4Auth(Credentials("test", "test"), "execute-api", os.environ["AWS_REGION"])


def signed(request: PreparedRequest) -> PreparedRequest:
    # The requests that test missing authorization have lost the header that all others have, and stay unsigned.
    if "Authorization" in request.headers:
        content_type = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        signable = AWSRequest(request.method, request.url, headers=content_type, data=request.body)
        SIGNER.add_auth(signable)
        request.headers.update(signable.headers.items())
    return request


def is_operators(case) -> bool:
    return case.operation.path.startswith("/operator/")


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_operators(case):
        kwargs["auth"] = signed


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
