"""An agency's day: pull what was placed, send a report, fetch the rows to mend: `python client.py activity activity.csv`."""
import hashlib, json, os, sys, time, urllib.error, urllib.request  # noqa: E401  # fmt: skip

HOST, KEY = os.environ["PORTAL"].rstrip("/"), os.environ["PORTAL_KEY"]


def call(method, path, body=None, **headers):
    """One call, tried again where that can help: the same Idempotency-Key never does a thing twice. (status, body)"""
    request = urllib.request.Request(f"{HOST}/api/v1{path}", body, {"Authorization": f"Bearer {KEY}", **headers}, method=method)
    for pause in (1, 2, 4, 8, 16, 32, None):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            asked = error.headers.get("Retry-After")
            if pause is None or not (asked or error.code >= 500):
                return error.code, error.read()
        except OSError as error:
            asked = None if pause else exit(f"no answer: {error}")
        time.sleep(float(asked or pause))


def placements(cursor=""):
    """Everything that is placed with us, page by page."""
    while cursor is not None:
        page = json.loads(call("GET", f"/placements?limit=1000&cursor={cursor}")[1])
        yield from page["items"]
        cursor = page["next"]


def send(kind, body):
    """Send a file and wait until it is read; the report. The file's own hash is its key."""
    key = {"Idempotency-Key": kind + hashlib.sha256(body).hexdigest(), "Content-Type": "text/csv", "Prefer": "wait=20"}
    status, text = call("POST", f"/reports/{kind}", body, **key)
    report = json.loads(text)
    if status >= 400 and "report" not in report:  # 409 names the report that brought the same bytes before
        exit(f"{report['title']}: {report['detail']}")
    report_id = report.get("report") or report["id"]
    while (report := json.loads(call("GET", f"/reports/{report_id}")[1]))["state"] in ("received", "reading"):
        time.sleep(2)
    return report


if __name__ == "__main__":
    print(sum(1 for _ in placements()), "placements")
    done = send(sys.argv[1], open(sys.argv[2], "rb").read())
    print(done["id"], done["state"], done["rows"])
    open("to-mend.csv", "wb").write(call("GET", f"/reports/{done['id']}/problems", Accept="text/csv")[1])
