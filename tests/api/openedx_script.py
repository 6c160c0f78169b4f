"""What `test_openedx_client` has Open edX's published client do. It runs in an environment of the client's own."""

import json
import sys

import requests
from openedx_rest_api_client.client import OpenedxRESTAPIClient

COURSE = "course-v1:pradesh+FLN101+2026"


def main(address: str, key_id: str, key: str, bearer: str) -> dict[str, object]:
    client = OpenedxRESTAPIClient(address, key_id, key, bearer=bearer == "bearer")
    people = ["mentor@pradesh.test", "somebody.new@example.org", "nobody"]
    return {
        "enrolled": client.change_enrollment(people, [COURSE]),
        "moved": client.change_enrollment(people[:1], [COURSE], cohorts=["Pilot"], email_students=False),
        "unenrolled": client.change_enrollment(people[:2], [COURSE], action="unenroll", email_students=False),
        "bad_course": client.change_enrollment(people[:1], ["course-v1:pradesh+NONE+2026"]),
        "malformed": client.change_enrollment(people[:1], ["zz"], cohorts=["Pilot"]),
        "bad_credentials": refused(OpenedxRESTAPIClient(address, key_id, "another key", bearer=bearer == "bearer")),
    }


def refused(client: OpenedxRESTAPIClient) -> int:
    try:
        client.change_enrollment(["mentor@pradesh.test"], [COURSE])
    except requests.HTTPError as error:
        return error.response.status_code
    return 0


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
