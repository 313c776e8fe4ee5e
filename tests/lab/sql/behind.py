"""Answers that come by way of a host: for the stand-in for PowerShell, which asks as the program that Standin sends there
would, at a socket in the lab's state, one JSON line for another.
"""

import datetime
import json
import socketserver
import threading
from base64 import b64encode

from pysqlbridge.tds.result import Query, QueryError

from state import FOLDER


def plain(value):
    """A value as the program on the host writes it."""
    if isinstance(value, bytes | bytearray):
        return {"base64": b64encode(value).decode()}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)


def answer(instance, asked):
    """The rows, or the error as the program tells it."""
    if refused := instance.refuses(asked["user"], asked["password"]):
        number, text = refused
        return {"standin_error": number, "class": 14, "message": text.format(asked["user"])}
    parameters = {f"@P{number}": one["value"] for number, one in enumerate(asked["params"], 1)}
    try:
        result = instance.answer(Query(sql=asked["text"], parameters=parameters, session={"user": asked["user"]}))
    except QueryError as error:
        return {"standin_error": error.number, "class": error.severity, "message": str(error)}
    failed = next((one.error for one in (result, *result.following) if one.error), None)
    if failed is not None:
        return {"standin_error": failed.number, "class": failed.severity, "message": str(failed)}
    tables = [one for one in (result, *result.following) if one.columns]
    return [{column.name: plain(value) for column, value in zip(one.columns, row, strict=True)} for one in tables for row in one.rows]


def listen(name, instance):
    class Asked(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(json.dumps(answer(instance, json.loads(self.rfile.readline()))).encode())

    path = FOLDER / f"{name}.socket"
    path.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(path), Asked)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
