"""What chalice can declare of the job: the API's functions, its routes and an authorizer of a pool that is there."""

import os

from chalice import Chalice, CognitoUserPoolAuthorizer, CORSConfig

app = Chalice(app_name="student-management")
# Only the deployer asks for it: a function does not need its authorizer.
pool = CognitoUserPoolAuthorizer("cognito", provider_arns=[os.environ.get("POOL_ARN", "")])
cors = CORSConfig(
    allow_origin="https://school.example",
    allow_headers=["idempotency-key"],
    max_age=3600,
)


@app.route("/api/{resource}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], authorizer=pool, cors=cors)
def api(resource):
    """Chalice puts all routes of an API into one function and has no greedy path parameter."""
    return {"resource": resource}


@app.route("/api/{resource}/{key}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], authorizer=pool, cors=cors)
def item(resource, key):
    return {"resource": resource, "key": key}


@app.route("/api/health", methods=["GET"])
def health():
    return {"status": "ok"}


@app.lambda_function(name="write")
def write(event, context):
    """The second function; a route cannot lead to it."""
    from studentdb_api.write import handler

    return handler(event, context)
