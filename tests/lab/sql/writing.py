"""Batches that change an instance: the statements that the shipped fixes send, and no others.

They are read as a whole before anything is done, and change the tables behind the catalog views, so that the facts see
it. What fails is an error as SQL Server has it: errors of statements end the batch, those of procedures do not. What
is not known here is an error, too, and written down.
"""

import datetime
import re

import language
import state
import views
from language import Reader
from pysqlbridge.tds.result import Column, Integer, QueryError, QueryResult

BEGUN = re.compile(r"SET XACT_ABORT ON; SELECT 1 AS standin_begun;\n")
PROCEDURES = {}
STATEMENTS = []


class Unknown(Exception):
    """A statement that a server may know and this one does not."""


def procedure(name):
    def known(function):
        PROCEDURES[name] = function
        return function

    return known


def statement(*words):
    def known(function):
        STATEMENTS.append((words, function))
        return function

    return known


def failure(number, text, severity=16):
    return QueryError(text, number=number, severity=severity)


NO_RIGHT = (15247, "User does not have permission to perform this action.")


def run(instance, asking, text, parameters):
    """The row that says that the batch began, and behind it what failed."""
    batch = Batch(instance, asking, state.read(instance.name))
    begun = Column("standin_begun", Integer(4))
    if known := WRITTEN_BY_THE_SERVER.get("".join(text.split())):
        return QueryResult([begun], [[1]], following=tuple(batch.failures([known(parameters)])))
    reader, done = Reader(text, parameters), []
    while not reader.ended():
        if not reader.takes(";"):
            done.append(read(reader))
    return QueryResult([begun], [[1]], following=tuple(batch.failures(done)))


def read(reader):
    """The next statement, as what does it to a batch."""
    for words, function in STATEMENTS:
        if reader.takes(*words):
            return function(reader)
    raise Unknown(reader.peek().value)


class Batch:
    """One batch under way."""

    def __init__(self, instance, asking, whole):
        self.instance = instance
        self.asking = asking
        self.whole = whole

    def failures(self, statements):
        for one in statements:
            try:
                if not self.asking.may("CONTROL SERVER"):
                    raise failure(*NO_RIGHT, severity=14)
                one(self)
                state.write(self.instance.name, self.whole)
            except QueryError as error:
                yield QueryResult([], [], error=error)
                if not getattr(error, "goes_on", False):
                    return

    def find(self, table, name, number, text):
        """The entry of this name and how it is written, whatever the case of its letters."""
        found = next((there for there in table if there.lower() == name.lower()), None)
        if found is None:
            raise failure(number, text)
        return found

    def login(self, name, doing="alter"):
        text = f"Cannot {doing} the login '{name}', because it does not exist or you do not have permission."
        return self.find(self.whole["logins"], name, 15151, text)

    def role(self, name):
        text = f"Cannot alter the server role '{name}', because it does not exist or you do not have permission."
        return self.find(self.whole["roles"], name, 15151, text)

    @property
    def database(self):
        return self.whole["databases"][self.asking.database]

    def sid_is_free(self, sid):
        if any(one["sid"].lower() == sid.lower() for one in self.whole["logins"].values()):
            raise failure(15433, "Supplied parameter sid is in use.")

    def new_id(self):
        return max(one["id"] for table in ("logins", "roles") for one in self.whole[table].values()) + 1


def number(value):
    """What a parameter that is a number makes of a text."""
    if isinstance(value, str) and not re.fullmatch(r" *-?\d+ *", value):
        raise failure(8114, "Error converting data type nvarchar to int.")
    return int(value)


# Settings of the server


@statement("RECONFIGURE")
def reconfigure(_):
    def done(batch):
        for one in batch.whole["configurations"].values():
            if one.pop("pending", False) and one.get("dynamic", True):
                one.pop("in_use", None)

    return done


@procedure("sp_configure")
def configure(batch, name, value):
    there = batch.whole["configurations"]
    unknown = f"The configuration option '{name}' does not exist, or it may be an advanced option."
    one, value = there[batch.find(there, name, 15123, unknown)], number(value)
    if one.get("advanced", True) and not there["show advanced options"].get("value", 0):
        raise failure(15123, unknown)
    if not one.get("minimum", 0) <= value <= one.get("maximum", 1):
        raise failure(15129, f"'{value}' is not a valid value for configuration option '{name}'.")
    one.setdefault("in_use", one.get("value", 0))
    one |= {"value": value, "pending": True}


@procedure("sp_fulltext_service")
def full_text(batch, name, value):
    names = {"load_os_resources": "LoadOSResources", "verify_signature": "VerifySignature"}
    if name not in names:
        raise failure(15600, "An invalid parameter or option was specified for procedure 'sys.sp_fulltext_service'.")
    batch.whole["full_text"][names[name]] = number(value)


def registry(batch, hive, key):
    prefix = "SOFTWARE\\Microsoft\\MSSQLServer\\"
    if hive != "HKEY_LOCAL_MACHINE" or not key.startswith(prefix):
        raise failure(22001, "RegOpenKeyEx() returned error 2, 'The system cannot find the file specified.'")
    return batch.whole["registry"].setdefault(key.removeprefix(prefix), {})


@procedure("xp_instance_regwrite")
def registry_write(batch, hive, key, name, kind, value):
    if (kind, type(value)) not in (("REG_DWORD", int), ("REG_SZ", str)):
        raise failure(22001, f"xp_regwrite: invalid parameter for {kind}")
    registry(batch, hive, key)[name] = value


@procedure("xp_instance_regdeletevalue")
def registry_delete(batch, hive, key, name):
    if registry(batch, hive, key).pop(name, None) is None:
        raise failure(22001, "RegDeleteValue() returned error 2, 'The system cannot find the file specified.'")


@procedure("sp_serveroption")
def server_option(batch, server, option, value):
    fields = {
        "data access": "data_access",
        "rpc": "rpc",
        "rpc out": "rpc_out",
        "collation compatible": "collation_compatible",
        "use remote collation": "remote_collation",
        "collation name": "collation",
        "connect timeout": "connect_timeout",
        "query timeout": "query_timeout",
    }
    tables = [batch.whole.get(name, {}) for name in ("linked_servers", "remote_servers")]
    named = [table[there] for table in tables for there in table if there.lower() == server.lower()]
    if not named:
        raise failure(15015, f"The server '{server}' does not exist. Use sp_helpserver to show available servers.")
    if option not in fields:
        raise failure(15600, "An invalid parameter or option was specified for procedure 'sys.sp_serveroption'.")
    if option.endswith("timeout"):
        value = number(value)
    named[0][fields[option]] = {"true": True, "false": False}.get(value, value)


@statement("EXEC")
def execute(reader):
    """A procedure, with or without the database and the owner before its name."""
    words = [reader.value("word")]
    while reader.takes("."):
        words.append(reader.value("word"))
    name, arguments = words[-1].lower(), []
    while reader.peek().kind in ("text", "number", "null") or reader.takes("NULL"):
        token = reader.next() if reader.peek().kind in ("text", "number", "null") else language.Token("null", None)
        arguments.append(token.value)
        if not reader.takes(","):
            break
    if name not in PROCEDURES:
        raise Unknown(f"EXEC {name}")

    def done(batch):
        try:
            PROCEDURES[name](batch, *arguments)
        except QueryError as error:
            error.goes_on = True
            raise

    return done


# Databases, their users and their roles


@statement("ALTER", "DATABASE")
def alter_database(reader):
    name = reader.name()
    reader.wants("SET")
    offline = reader.takes("OFFLINE", "WITH", "ROLLBACK", "IMMEDIATE")
    if not offline:
        reader.wants("ONLINE")

    def done(batch):
        there = batch.whole["databases"]
        text = f"User does not have permission to alter database '{name}', the database does not exist, or the database is not in a state that allows access checks."
        one = there[batch.find(there, name, 5011, text)]
        if one["id"] <= 4:
            raise failure(5058, f"Option 'OFFLINE' cannot be set in database '{name}'.")
        one["state"] = "OFFLINE" if offline else "ONLINE"

    return done


@statement("IF", "USER_ID", "(")
def create_or_tie_user(reader):
    wanted = reader.text()
    reader.wants(")", "IS", "NULL", "CREATE", "USER")
    user = reader.name()
    reader.wants("FOR", "LOGIN")
    login = reader.name()
    reader.wants(";", "ELSE", "ALTER", "USER")
    reader.name()
    reader.wants("WITH", "LOGIN", "=")
    reader.name()

    def done(batch):
        logins = batch.whole["logins"]
        one = logins[batch.find(logins, login, 15007, f"'{login}' is not a valid login or you do not have permission.")]
        users = batch.database.setdefault("users", {})
        there = next((name for name in users if name.lower() == wanted.lower()), None)
        if there is not None:
            users[there]["sid"] = one["sid"]
        elif any(other.get("sid") == one["sid"] for other in users.values()):
            raise failure(15063, "The login already has an account under a different user name.")
        else:
            users[user] = {"type": one["type"], "sid": one["sid"]}

    return done


@statement("ALTER", "USER")
def tie_user(reader):
    user = reader.name()
    reader.wants("WITH", "LOGIN", "=")
    login = reader.name()

    def done(batch):
        logins = batch.whole["logins"]
        one = logins[batch.find(logins, login, 15007, f"'{login}' is not a valid login or you do not have permission.")]
        users = batch.database.get("users", {})
        text = f"Cannot alter the user '{user}', because it does not exist or you do not have permission."
        users[batch.find(users, user, 15151, text)]["sid"] = one["sid"]

    return done


@statement("DROP", "USER")
def drop_user(reader):
    name = reader.name()

    def done(batch):
        users = batch.database.get("users", {})
        text = f"Cannot drop the user '{name}', because it does not exist or you do not have permission."
        there = batch.find(users, name, 15151, text)
        del users[there]
        for members in batch.database.get("roles", {}).values():
            if there in members:
                members.remove(there)

    return done


@statement("IF", "DATABASE_PRINCIPAL_ID", "(")
def create_role(reader):
    wanted = reader.text()
    reader.wants(")", "IS", "NULL", "CREATE", "ROLE")
    name = reader.name()

    def done(batch):
        there = {*batch.database.setdefault("roles", {}), *views.FIXED_ROLES, *batch.database.get("users", {})}
        if wanted.lower() not in {one.lower() for one in there}:
            batch.database["roles"][name] = []

    return done


def change_members(members, member, adds):
    there = next((one for one in members if one.lower() == member.lower()), None)
    if adds and there is None:
        members.append(member)
    if not adds and there is not None:
        members.remove(there)


def database_role_member(batch, role, member, adds):
    roles = batch.database.setdefault("roles", {})
    text = f"Cannot alter the role '{role}', because it does not exist or you do not have permission."
    name = batch.find({*roles, *views.FIXED_ROLES}, role, 15151, text)
    users = batch.database.get("users", {})
    text = f"Cannot add the principal '{member}', because it does not exist or you do not have permission."
    change_members(roles.setdefault(name, []), batch.find({*users, *roles}, member, 15151, text), adds)
    if not roles[name] and name in views.FIXED_ROLES:
        del roles[name]


@statement("ALTER", "ROLE")
def alter_role(reader):
    role = reader.name()
    adds = reader.takes("ADD", "MEMBER")
    if not adds:
        reader.wants("DROP", "MEMBER")
    member = reader.name()
    return lambda batch: database_role_member(batch, role, member, adds)


PROCEDURES["sp_addrolemember"] = lambda batch, role, member: database_role_member(batch, role, member, True)
PROCEDURES["sp_droprolemember"] = lambda batch, role, member: database_role_member(batch, role, member, False)


# Logins


def options(reader):
    """`NAME = VALUE`, with commas between them."""
    found = {}
    while True:
        name = reader.value("word").upper()
        reader.wants("=")
        token = reader.next()
        found[name] = token.value.upper() if token.kind == "word" else token.value
        if name == "PASSWORD":
            reader.wants("HASHED")
        if not reader.takes(","):
            return found


FIELDS = {
    "PASSWORD": ("hash", str.lower),
    "SID": ("sid", str.lower),
    "DEFAULT_DATABASE": ("database", str),
    "DEFAULT_LANGUAGE": ("language", str),
    "CHECK_POLICY": ("policy", lambda word: word == "ON"),
    "CHECK_EXPIRATION": ("expiration", lambda word: word == "ON"),
}


def fields(batch, given):
    unknown = [name for name in given if name not in FIELDS]
    if unknown:
        raise language.incorrect(unknown[0])
    if "DEFAULT_DATABASE" in given:
        name = given["DEFAULT_DATABASE"]
        batch.find(batch.whole["databases"], name, 15010, f"The database '{name}' does not exist. Supply a valid database name.")
    if "DEFAULT_LANGUAGE" in given:
        name = given["DEFAULT_LANGUAGE"]
        batch.find(batch.whole["languages"], name, 15033, f"'{name}' is not a valid official language name.")
    return {FIELDS[name][0]: FIELDS[name][1](value) for name, value in given.items()}


def now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def windows_account(name):
    """An account of the domain is what any server of the lab has as a login."""
    for names in state.INSTANCES.values():
        for one in names:
            for login, there in state.read(one)["logins"].items():
                if login.lower() == name.lower() and there["type"] in "UG":
                    return {"type": there["type"], "sid": there["sid"]}
    raise failure(15401, f"Windows NT user or group '{name}' not found. Check the name again.")


@statement("CREATE", "LOGIN")
def create_login(reader):
    name = reader.name()
    windows = reader.takes("FROM", "WINDOWS")
    given = options(reader) if reader.takes("WITH") else {}

    def done(batch):
        logins = batch.whole["logins"]
        if name.lower() in {there.lower() for there in [*logins, *batch.whole["roles"]]}:
            raise failure(15025, f"The server principal '{name}' already exists.")
        one = {"id": batch.new_id(), "modified": now()} | fields(batch, given)
        if windows:
            one |= windows_account(name)
        else:
            one["type"] = "S"
        batch.sid_is_free(one["sid"])
        logins[name] = one

    return done


@statement("ALTER", "LOGIN")
def alter_login(reader):
    name = reader.name()
    able = next((word for word in ("ENABLE", "DISABLE") if reader.takes(word)), None)
    if able is None:
        reader.wants("WITH")
    given = options(reader) if able is None else {}

    def done(batch):
        logins = batch.whole["logins"]
        there = batch.login(name)
        one = logins[there]
        new = given.pop("NAME", None)
        if one["type"] != "S" and {"PASSWORD", "CHECK_POLICY", "CHECK_EXPIRATION"} & set(given):
            raise failure(15098, f"The parameter cannot be provided for the login '{name}', which is of Windows.")
        changed = fields(batch, given)
        if "SID" in given:
            raise language.incorrect("SID")
        if changed.get("expiration") and not changed.get("policy", one.get("policy", True)):
            raise failure(15122, "The CHECK_EXPIRATION option cannot be used when CHECK_POLICY is OFF.")
        if able:
            changed["disabled"] = able == "DISABLE"
        one |= changed | {"modified": now()}
        if one.get("policy") is False:
            one["expiration"] = False
        if able == "ENABLE":
            del one["disabled"]
        if new is not None:
            if new.lower() in {other.lower() for other in logins if other != there}:
                raise failure(15025, f"The server principal '{new}' already exists.")
            rename(batch.whole, there, new)

    return done


def rename(whole, old, new):
    whole["logins"] = {new if name == old else name: one for name, one in whole["logins"].items()}
    for role in whole["roles"].values():
        if "members" in role:
            role["members"] = [new if member.lower() == old.lower() else member for member in role["members"]]
    for server in whole.get("remote_servers", {}).values():
        server["logins"] = {remote: new if local == old else local for remote, local in server.get("logins", {}).items()}
    for database in whole["databases"].values():
        if database.get("owner", "sa").lower() == old.lower():
            database["owner"] = new


@statement("DROP", "LOGIN")
def drop_login(reader):
    name = reader.name()

    def done(batch):
        there = batch.login(name, "drop")
        owned = [name for name, one in batch.whole["databases"].items() if one.get("owner", "sa").lower() == there.lower()]
        if owned:
            raise failure(15174, f"Login '{there}' owns one or more database(s). Change the owner of the database(s) before dropping the login.")
        if there.lower() == batch.asking.user.lower():
            raise failure(15434, f"Could not drop login '{there}' as the user is currently logged in.")
        del batch.whole["logins"][there]
        for role in batch.whole["roles"].values():
            change_members(role.get("members", []), there, False)

    return done


@statement("IF", "SUSER_SID", "(")
def drop_other_login(reader):
    name = reader.text()
    reader.wants(")", "<>")
    sid = reader.value("bytes")
    reader.wants("DROP", "LOGIN")
    drop = drop_login(reader)

    def done(batch):
        logins = batch.whole["logins"]
        there = next((one for one in logins if one.lower() == name.lower()), None)
        if there is not None and logins[there]["sid"].lower() != sid.lower():
            drop(batch)

    return done


@statement("IF", "ORIGINAL_LOGIN", "(", ")", "=")
def not_in_use(reader):
    name = reader.text()
    reader.wants("BEGIN", "RAISERROR", "(")
    text, severity = reader.text(), (reader.wants(","), reader.value("number"))[1]
    reader.wants(",")
    reader.value("number")
    reader.wants(")", ";", "RETURN", ";", "END")

    def done(batch):
        if batch.asking.user.lower() == name.lower():
            raise failure(50000, text, severity)

    return done


# Roles of the server


@statement("CREATE", "SERVER", "ROLE")
def create_server_role(reader):
    name = reader.name()

    def done(batch):
        if name.lower() in {there.lower() for there in [*batch.whole["logins"], *batch.whole["roles"]]}:
            raise failure(15025, f"The server principal '{name}' already exists.")
        batch.whole["roles"][name] = {"id": batch.new_id(), "members": []}

    return done


@statement("DROP", "SERVER", "ROLE")
def drop_server_role(reader):
    name = reader.name()

    def done(batch):
        there = batch.role(name)
        if batch.whole["roles"][there].get("members"):
            raise failure(15144, "The role has members. It must be empty before it can be dropped.")
        del batch.whole["roles"][there]

    return done


def server_role_member(batch, role, member, adds):
    one = batch.whole["roles"][batch.role(role)]
    text = f"Cannot add the server principal '{member}', because it does not exist or you do not have permission."
    there = {*batch.whole["logins"], *batch.whole["roles"]}
    change_members(one.setdefault("members", []), batch.find(there, member, 15151, text), adds)


@statement("ALTER", "SERVER", "ROLE")
def alter_server_role(reader):
    role = reader.name()
    adds = reader.takes("ADD", "MEMBER")
    if not adds:
        reader.wants("DROP", "MEMBER")
    member = reader.name()
    return lambda batch: server_role_member(batch, role, member, adds)


PROCEDURES["sp_addsrvrolemember"] = lambda batch, member, role: server_role_member(batch, role, member, True)
PROCEDURES["sp_dropsrvrolemember"] = lambda batch, member, role: server_role_member(batch, role, member, False)

@statement("REVOKE", "CONNECT", "SQL", "FROM")
def no_connection(reader):
    name = reader.name()

    def done(batch):
        batch.whole["logins"][batch.login(name)]["connects"] = False

    return done


# Rights that a server knows; few of many.
RIGHTS = (
    "CONNECT SQL",
    "CONTROL SERVER",
    "VIEW SERVER STATE",
    "VIEW ANY DEFINITION",
    "VIEW ANY DATABASE",
    "CONNECT ANY DATABASE",
    "ALTER ANY LINKED SERVER",
    "ALTER TRACE",
)


def give(batch, right, state, name):
    """A right that the server does not know is none, and what is there already stays."""
    if right not in RIGHTS:
        return
    named = [one for table in ("roles", "logins") for there, one in batch.whole[table].items() if there.lower() == name.lower()]
    if not named:
        raise failure(15151, f"Cannot find the login '{name}', because it does not exist or you do not have permission.")
    if (right, state) == ("CONNECT SQL", "G"):
        return
    rights = named[0].setdefault(views.RIGHTS[state], [])
    if right not in rights:
        rights.append(right)


def granted(parameters):
    return lambda batch: give(batch, parameters["@P1"], "G", parameters["@P2"])


def given_again(parameters):
    return lambda batch: give(batch, parameters["@P1"], parameters["@P2"], parameters["@P3"])


# Batches that let the server write a grant itself.
WRITTEN = (
    (
        """DECLARE @grant nvarchar(max) = (SELECT N'GRANT ' + permission_name + N' TO ' + QUOTENAME(@P2)
        FROM sys.fn_builtin_permissions(N'SERVER') WHERE permission_name = @P1); EXEC (@grant);""",
        granted,
    ),
    (
        """DECLARE @right nvarchar(max) = (SELECT CASE @P2 WHEN N'D' THEN N'DENY ' ELSE N'GRANT ' END + permission_name
        + N' TO ' + QUOTENAME(@P3) + CASE @P2 WHEN N'W' THEN N' WITH GRANT OPTION' ELSE N'' END
        FROM sys.fn_builtin_permissions(N'SERVER') WHERE permission_name = @P1); EXEC (@right);""",
        given_again,
    ),
)
# Blanks do not count.
WRITTEN_BY_THE_SERVER = {"".join(text.split()): function for text, function in WRITTEN}
