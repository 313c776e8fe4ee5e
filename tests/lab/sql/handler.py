"""Answers the questions to one instance: from its state, as the login may see it, and nothing that it does not know."""

import os
import re
import threading
import traceback
from pathlib import Path

import writing
from older import OLDER, database_property
from pysqlbridge import predicate
from pysqlbridge.catalog import Catalog
from pysqlbridge.catalog import _statements as statements
from pysqlbridge.tds.result import Query, QueryError
from state import Watched
from statements import KNOWN, REFUSED
from tables import TABLES
from views import SINCE_2005
from views import VIEWS as NEWER
from wire import REFUSALS, WRONG

NEWEST = (98,)
VIEWS = [*NEWER, *OLDER]
USE = re.compile(r"USE \[((?:[^\]]|\]\])*)\];\n")
# Databases in which every login is a guest.
OPEN = ("master", "tempdb")
# What the state of a database means for those who want to use it.
CLOSED = {
    "OFFLINE": (942, 14, "Database '{}' cannot be opened because it is offline."),
    "RESTORING": (927, 14, "Database '{}' cannot be opened. It is in the middle of a restore."),
    "RECOVERING": (922, 14, "Database '{}' is being recovered. Waiting until recovery is finished."),
    "SUSPECT": (926, 14, "Database '{}' cannot be opened. It has been marked SUSPECT by recovery."),
    "TRANSITION": (952, 16, "Database '{}' is in transition. Try the statement later."),
}
# What a statement may begin with.
UNDERSTOOD = ("SELECT", "WITH", "DECLARE", "SET", "IF")
UNKNOWN = Path(os.environ.get("STANDIN_LAB_SQL_UNKNOWN", "/dev/stderr"))

now = threading.local()
# The engine's parser keeps in a global where a clause ends, so that two questions at a time spoil each other.
PARSER = threading.RLock()


class Refusal(QueryError):
    """An error that a real server would have, too."""


class Asking:
    """Who asks, where, and of which version."""

    def __init__(self, state, account, user, database):
        self.state = state
        self.account = account
        self.user = user
        self.database = database
        self.version = tuple(int(number) for number in state["version"].split("."))
        instance = state["instance"]
        self.server_name = state["machine"] if instance == "MSSQLSERVER" else rf"{state['machine']}\{instance}"

    def may(self, right):
        rights = self.account["rights"]
        return "CONTROL SERVER" in rights or right in rights

    def sid_of(self, login):
        return next((one["sid"] for name, one in self.state["logins"].items() if name.lower() == login.lower()), None)

    def login_of(self, sid):
        sids = {bytes.fromhex(one["sid"][2:]): name for name, one in self.state["logins"].items()}
        return sids.get(sid)

    def property(self, name):
        state, version = self.state, self.state["version"]
        instance = None if state["instance"] == "MSSQLSERVER" else state["instance"]
        return {
            "PRODUCTVERSION": version,
            "PRODUCTLEVEL": state["level"],
            "PRODUCTMAJORVERSION": version.split(".")[0],
            "EDITION": state["edition"],
            "ENGINEEDITION": 3 if state["edition"].startswith(("Enterprise", "Developer")) else 2,
            "COLLATION": state["collation"],
            "INSTANCENAME": instance,
            "SERVERNAME": self.server_name,
            "MACHINENAME": state["machine"],
            "ISCLUSTERED": int(state.get("clustered", False)),
            "ISHADRENABLED": int(state.get("hadr", False)),
            "ISINTEGRATEDSECURITYONLY": int(state["registry"]["MSSQLServer"].get("LoginMode") == 1),
            "ISFULLTEXTINSTALLED": state["full_text"]["IsFullTextInstalled"],
        }.get(name.strip().upper())

    def full_text(self, name):
        properties = {key.lower(): value for key, value in self.state["full_text"].items()}
        return properties.get(name.strip().lower())


def functions():
    """What asks about the server or the login, answered for whoever asks now."""
    of = predicate.CONTEXT_FUNCTIONS
    of["SERVERPROPERTY"] = lambda _, name: now.asking.property(name)
    of["ORIGINAL_LOGIN"] = lambda *_: now.asking.user
    of["SUSER_SNAME"] = lambda _, *sid: now.asking.login_of(sid[0]) if sid else now.asking.user
    of["DB_NAME"] = lambda *_: now.asking.database
    of["HAS_PERMS_BY_NAME"] = lambda _, __, ___, right: has_permission(right)
    of["DATABASEPROPERTYEX"] = lambda _, name, wanted: database_property(now.asking, name, wanted)
    of["IS_SRVROLEMEMBER"] = lambda _, role: int(now.asking.may("CONTROL SERVER"))
    predicate.FUNCTIONS["FULLTEXTSERVICEPROPERTY"] = lambda name: now.asking.full_text(name)


def has_permission(right):
    if now.asking.version < SINCE_2005:
        raise Refusal("'HAS_PERMS_BY_NAME' is not a recognized built-in function name.", number=195, severity=15)
    return int(now.asking.may(right.upper()))


class LabCatalog(Catalog):
    """The tables that an instance of this version has, for who asks."""

    def __init__(self, asking):
        super().__init__()
        self.asking = asking

    def get(self, name, schema=None, parameters=None):
        schema, wanted = (schema or "dbo").lower(), name.lower()
        if schema == "lab" and wanted in TABLES:
            return TABLES[wanted]()
        named = [view for view in VIEWS if (view.schema, view.name) == (schema, wanted)]
        if not named:
            raise QueryError(f"the lab has no {schema}.{name}", number=208)
        view = next((view for view in named if view.is_in(self.asking.version)), None)
        if view is None:
            raise Refusal(f"Invalid object name '{schema}.{name}'.", number=208)
        if view.needs and not self.asking.may(view.needs):
            self.refuse(view)
        return view.table(self.asking)

    def refuse(self, view):
        if view.needs == "VIEW SERVER STATE":
            following = (Refusal("The user does not have permission to perform this action.", number=297),)
            text = "VIEW SERVER STATE permission was denied on object 'server', database 'master'."
            raise Refusal(text, number=300, severity=14, following=following)
        where = f"object '{view.name}', database '{view.database}', schema '{view.schema}'"
        raise Refusal(f"The SELECT permission was denied on the {where}.", number=229, severity=14)


class Instance:
    """One instance: lets in and answers."""

    def __init__(self, name):
        self.name = name
        self.watched = Watched(name)
        self.writing = threading.Lock()

    def state(self):
        return self.watched.now()

    def account(self, user):
        accounts = self.state()["accounts"]
        return next((account for name, account in accounts.items() if name.lower() == user.lower()), None)

    def refuses(self, user, password):
        """Number and text of the error for this log-on; nothing when it is good."""
        account = self.account(user)
        expected = account and os.environ.get(account.get("password_in", ""))
        if not expected or password != expected:
            return WRONG
        return next((REFUSALS[why] for why in REFUSALS if account.get(why)), None)

    def answer(self, query):
        state, user = self.state(), query.session["user"]
        chosen = USE.match(query.sql)
        text = query.sql[chosen.end() :] if chosen else query.sql
        database = chosen[1].replace("]]", "]") if chosen else "master"
        account = self.account(user)
        if account is None:
            raise QueryError(f"the login {user} has been dropped", number=18456, severity=14)
        database = self.open(state, account, database)
        now.asking = Asking(state, account, user, database)
        query.session["server"] = now.asking.server_name
        if begun := writing.BEGUN.match(text):
            return self.write(text[begun.end() :], query)
        plain = " ".join(text.split())
        if plain in REFUSED:
            number, severity, message = REFUSED[plain]
            raise QueryError(message, number=number, severity=severity)
        for pattern, function in KNOWN:
            if found := pattern.fullmatch(plain):
                return function(now.asking, found, query.parameters)
        return self.read(text, query)

    def open(self, state, account, wanted):
        """The database's name as the server writes it, when it can be used."""
        name = next((name for name in state["databases"] if name.lower() == wanted.lower()), None)
        if name is None:
            text = f"Database '{wanted}' does not exist. Make sure that the name is entered correctly."
            raise QueryError(text, number=911)
        if closed := CLOSED.get(state["databases"][name].get("state", "ONLINE")):
            number, severity, text = closed
            raise QueryError(text.format(name), number=number, severity=severity)
        rights = account["rights"]
        if name not in OPEN and not {"CONTROL SERVER", "CONNECT ANY DATABASE", f"CONNECT {name}"} & set(rights):
            text = f'The server principal is not able to access the database "{name}" under the current security context.'
            raise QueryError(text, number=916, severity=14)
        return name

    def write(self, text, query):
        try:
            with self.writing:
                return writing.run(self, now.asking, text, query.parameters)
        except writing.Unknown as unknown:
            with UNKNOWN.open("a") as log:
                log.write(f"{self.name}, {now.asking.user}, {now.asking.database}: a batch\n    {' '.join(text.split())}\n")
            raise QueryError(f"the lab does not know this statement: {unknown}", number=50000) from None

    def read(self, text, query):
        asking = now.asking
        try:
            return self.engine(text, query)
        except Refusal:
            raise
        except QueryError as error:
            first = error
        except Exception as error:  # a question on which the engine breaks is one that the lab does not know
            first = error
            first.trace = traceback.format_exc()
        # What the newest version would answer, this one is too old for.
        mine = asking.version
        try:
            asking.version = NEWEST
            self.engine(text, query)
        except Exception:
            pass
        else:
            raise QueryError(str(first), number=getattr(first, "number", 207))
        finally:
            asking.version = mine
        with UNKNOWN.open("a") as log:
            log.write(f"{self.name}, {asking.user}, {asking.database}: {first}\n    {' '.join(text.split())}\n")
            log.write(getattr(first, "trace", ""))
        raise QueryError(f"the lab does not know this statement: {first}", number=50000)

    def engine(self, text, query):
        with PARSER:
            return self.parsed(text, query)

    def parsed(self, text, query):
        session = {"server": now.asking.server_name, "login": now.asking.user}
        for one in statements(text):
            # the engine passes over what it takes for a client's preparations
            if one.split(None, 1)[0].upper().rstrip("(") not in UNDERSTOOD:
                raise QueryError(f"the engine skips `{one}`")
        result = LabCatalog(now.asking).answer(Query(sql=text, parameters=dict(query.parameters), session=session))
        if not any(one.columns or one.error for one in (result, *result.following)):
            raise QueryError("it gives no table")
        return result
