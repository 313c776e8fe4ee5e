"""The system's own tables, made from the state of an instance: what is there since which version, who may see it, and
what it holds.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from pysqlbridge.source import Table
from pysqlbridge.tds.result import Bit, Column, DateTime, Integer, NVarChar, UniqueIdentifier, VarBinary

INT, BIG, TEXT, LONG, BIT, BYTES, TIME, GUID = (
    Integer(4),
    Integer(8),
    NVarChar(128),
    NVarChar(4000),
    Bit(),
    VarBinary(),
    DateTime(),
    UniqueIdentifier(),
)
SINCE_2005, SINCE_2008, SINCE_2012, SINCE_2016, SINCE_2022 = (9, 0), (10, 0), (11, 0), (13, 0), (16, 0)
SINCE_2008_R2_SP1 = (10, 50, 2500)

HASHES = "VIEW ANY CRYPTOGRAPHICALLY SECURED DEFINITION"
TYPES = {
    "S": "SQL_LOGIN",
    "U": "WINDOWS_LOGIN",
    "G": "WINDOWS_GROUP",
    "R": "SERVER_ROLE",
    "C": "CERTIFICATE_MAPPED_LOGIN",
    "K": "ASYMMETRIC_KEY_MAPPED_LOGIN",
    "E": "EXTERNAL_LOGIN",
    "X": "EXTERNAL_GROUP",
}
USER_TYPES = {"S": "SQL_USER", "U": "WINDOWS_USER", "G": "WINDOWS_GROUP", "R": "DATABASE_ROLE"}
AUTHENTICATION = {0: "NONE", 1: "INSTANCE", 2: "DATABASE", 3: "WINDOWS"}
MODIFIED = "2024-03-01T10:20:30"


@dataclass(frozen=True)
class View:
    """One of the system's tables."""

    name: str
    # name: type, or (type, first version)
    columns: dict
    # of who asks, to dicts of values by column; what is missing is NULL
    rows: Callable
    schema: str = "sys"
    # only in this database, or in any
    database: str | None = None
    since: tuple = SINCE_2005
    until: tuple = (99, 0)
    # refused with an error without it
    needs: str | None = None

    def is_in(self, version):
        return self.since <= version < self.until

    def table(self, asking):
        columns = {name: kind if isinstance(kind, tuple) else (kind, ()) for name, kind in self.columns.items()}
        there = {name: kind for name, (kind, since) in columns.items() if asking.version >= since}
        rows = [[row.get(name) for name in there] for row in self.rows(asking)]
        return Table(self.name, [Column(name, kind) for name, kind in there.items()], rows)


def blob(text):
    return None if text is None else bytes.fromhex(text.removeprefix("0x"))


def time(text):
    return datetime.datetime.fromisoformat(text or MODIFIED)


def configurations(asking):
    for name, one in asking.state["configurations"].items():
        value = one.get("value", 0)
        yield {
            "configuration_id": one["id"],
            "name": name,
            "value": value,
            "value_in_use": one.get("in_use", value),
            "minimum": one.get("minimum", 0),
            "maximum": one.get("maximum", 1),
            "description": one.get("description", name),
            "is_dynamic": one.get("dynamic", True),
            "is_advanced": one.get("advanced", True),
        }


def languages(asking):
    for name, one in asking.state["languages"].items():
        yield {"langid": one["id"], "name": name, "alias": one["alias"], "lcid": one["lcid"], "dateformat": one["dates"]}


def logins(asking):
    """Without the right to see definitions, one sees oneself and the first administrator."""
    for name, one in asking.state["logins"].items():
        if asking.may("VIEW ANY DEFINITION") or name.lower() in ("sa", asking.user.lower()):
            yield {
                "name": name,
                "principal_id": one["id"],
                "sid": blob(one["sid"]),
                "type": one["type"],
                "type_desc": TYPES[one["type"]],
                "is_disabled": one.get("disabled", False),
                "create_date": time(None),
                "modify_date": time(one.get("modified")),
                "default_database_name": one.get("database", "master"),
                "default_language_name": one.get("language", "us_english"),
            }


def principals(asking):
    yield from logins(asking)
    for name, one in asking.state["roles"].items():
        yield {
            "name": name,
            "principal_id": one["id"],
            "sid": one["id"].to_bytes(4, "little"),
            "type": "R",
            "type_desc": TYPES["R"],
            "is_disabled": False,
            "create_date": time(None),
            "modify_date": time(None),
            "owning_principal_id": 1,
            "is_fixed_role": one.get("fixed", False),
        }


TOKENS = {"S": "SQL LOGIN", "U": "WINDOWS LOGIN", "G": "WINDOWS GROUP"}


def login_token(asking):
    """The login of who asks, and those of groups that it is said to belong to."""
    for name in [asking.user, *asking.account.get("groups", [])]:
        for there, one in asking.state["logins"].items():
            if there.lower() == name.lower():
                yield {"principal_id": one["id"], "sid": blob(one["sid"]), "name": there, "type": TOKENS[one["type"]], "usage": "GRANT OR DENY"}


# Where the rights of a login or role stand, by their state.
RIGHTS = {"G": "granted", "W": "grantable", "D": "denied"}
STATES = {"G": "GRANT", "W": "GRANT_WITH_GRANT_OPTION", "D": "DENY"}


def server_permissions(asking):
    """Every login may connect, unless that was taken away."""
    for table in ("logins", "roles"):
        for one in asking.state[table].values():
            held = [("CONNECT SQL", "G")] if table == "logins" and one.get("connects", True) else []
            held += [(right, state) for state, key in RIGHTS.items() for right in one.get(key, [])]
            for right, state in held:
                yield {
                    "class": 100,
                    "major_id": 0,
                    "grantee_principal_id": one["id"],
                    "grantor_principal_id": 1,
                    "permission_name": right,
                    "state": state,
                    "state_desc": STATES[state],
                }


def sql_logins(asking):
    """The hash is NULL for those who may not see it."""
    for row in logins(asking):
        one = asking.state["logins"][row["name"]]
        if one["type"] == "S":
            yield row | {
                "is_policy_checked": one.get("policy", True),
                "is_expiration_checked": one.get("expiration", False),
                "password_hash": blob(one.get("hash")) if asking.may(HASHES) else None,
            }


def role_members(asking):
    ids = {name.lower(): one["id"] for table in ("logins", "roles") for name, one in asking.state[table].items()}
    for one in asking.state["roles"].values():
        for member in one.get("members", []):
            yield {"role_principal_id": one["id"], "member_principal_id": ids[member.lower()]}


def seen_databases(asking):
    for name, one in asking.state["databases"].items():
        if asking.may("VIEW ANY DATABASE") or name in ("master", "tempdb"):
            yield name, one


def databases(asking):
    for name, one in seen_databases(asking):
        state = one.get("state", "ONLINE")
        recovery = one.get("recovery", "FULL")
        yield {
            "name": name,
            "database_id": one["id"],
            "owner_sid": blob(asking.sid_of(one.get("owner", "sa"))),
            "create_date": time(None),
            "state": 0 if state == "ONLINE" else 6,
            "state_desc": state,
            "recovery_model_desc": recovery,
            "collation_name": one.get("collation", asking.state["collation"]) if state == "ONLINE" else None,
            "compatibility_level": one.get("compatibility", int(asking.version[0]) * 10),
            "is_read_only": one.get("read_only", False),
            "is_published": one.get("published", False),
            "is_merge_published": one.get("merge_published", False),
            "is_subscribed": one.get("subscribed", False),
            "is_distributor": one.get("distributor", False),
            "is_encrypted": "encrypted_by" in one,
            "is_fulltext_enabled": one.get("full_text", True),
            "is_trustworthy_on": one.get("trustworthy", False),
            "user_access_desc": one.get("access", "MULTI_USER"),
            "replica_id": one.get("replica"),
        }


def mirroring(asking):
    for name, one in seen_databases(asking):
        yield {"database_id": one["id"], "mirroring_guid": one.get("mirror")}


def all_files(asking):
    number = 0
    for name, one in asking.state["databases"].items():
        for logical, file in one.get("files", {}).items():
            number += 1
            kind = file.get("type", "LOG" if file["path"].lower().endswith(".ldf") else "ROWS")
            yield name, {
                "database_id": one["id"],
                "file_id": number,
                "type_desc": kind,
                "name": logical,
                "physical_name": file["path"],
                "state_desc": "ONLINE",
                "size": 1024,
            }


def master_files(asking):
    if asking.may("VIEW ANY DEFINITION"):
        yield from (row for _, row in all_files(asking))


def database_files(asking):
    yield from (row for name, row in all_files(asking) if name == asking.database)


# The first principals of every database are its own.
OWN_USERS = {"public": (0, "R"), "dbo": (1, "S"), "guest": (2, "S"), "INFORMATION_SCHEMA": (3, "S"), "sys": (4, "S")}
FIXED_ROLES = ("db_owner", "db_accessadmin", "db_securityadmin", "db_ddladmin", "db_backupoperator", "db_datareader")


def users(asking):
    database = asking.state["databases"][asking.database]
    for name, (number, kind) in OWN_USERS.items():
        yield user(name, number, {"type": kind, "sid": "0x01" if name == "dbo" else None, "authentication": 0})
    for number, name in enumerate(FIXED_ROLES, 16384):
        yield user(name, number, {"type": "R", "sid": None, "authentication": 0}) | {"is_fixed_role": True}
    for number, (name, one) in enumerate(database.get("users", {}).items(), 5):
        yield user(name, number, one)
    for number, name in enumerate(own_roles(database), 500):
        yield user(name, number, {"type": "R", "sid": None, "authentication": 0})


def own_roles(database):
    return [name for name in database.get("roles", {}) if name not in FIXED_ROLES]


def user(name, number, one):
    authentication = one.get("authentication", 1 if one["type"] == "S" else 3)
    return {
        "name": name,
        "principal_id": number,
        "type": one["type"],
        "type_desc": USER_TYPES[one["type"]],
        "default_schema_name": one.get("schema", "dbo") if one["type"] != "R" else None,
        "sid": blob(one.get("sid")),
        "is_fixed_role": False,
        "authentication_type": authentication,
        "authentication_type_desc": AUTHENTICATION[authentication],
        "modify_date": time(None),
    }


def user_roles(asking):
    ids = {row["name"].lower(): row["principal_id"] for row in users(asking)}
    yield {"role_principal_id": ids["db_owner"], "member_principal_id": ids["dbo"]}
    for role, members in asking.state["databases"][asking.database].get("roles", {}).items():
        for member in members:
            yield {"role_principal_id": ids[role.lower()], "member_principal_id": ids[member.lower()]}


def servers(asking):
    state = asking.state
    yield {
        "server_id": 0,
        "name": asking.server_name,
        "product": "SQL Server",
        "provider": "SQLNCLI",
        "data_source": asking.server_name,
        "is_linked": False,
        "is_remote_login_enabled": True,
        "is_rpc_out_enabled": True,
        "is_data_access_enabled": False,
        "is_distributor": state.get("distributor") == "(local)",
        "connect_timeout": 0,
        "query_timeout": 0,
    }
    others = [(name, one, True) for name, one in state.get("linked_servers", {}).items()]
    others += [(name, one, False) for name, one in state.get("remote_servers", {}).items()]
    for number, (name, one, linked) in enumerate(others, 1):
        if not asking.may("VIEW ANY DEFINITION"):
            return
        yield {
            "server_id": number,
            "name": name,
            "product": one.get("product", "SQL Server"),
            "provider": one.get("provider", "SQLNCLI"),
            "data_source": one.get("data_source", name),
            "location": one.get("location"),
            "provider_string": one.get("provider_string") if asking.may("ALTER ANY LINKED SERVER") else None,
            "catalog": one.get("catalog"),
            "connect_timeout": one.get("connect_timeout", 0),
            "query_timeout": one.get("query_timeout", 0),
            "is_linked": linked,
            "is_remote_login_enabled": one.get("rpc", False),
            "is_rpc_out_enabled": one.get("rpc_out", False),
            "is_data_access_enabled": one.get("data_access", linked),
            "is_collation_compatible": one.get("collation_compatible", False),
            "uses_remote_collation": one.get("remote_collation", True),
            "collation_name": one.get("collation"),
            "is_distributor": name == state.get("distributor"),
        }


def remote_logins(asking):
    for number, one in enumerate(asking.state.get("remote_servers", {}).values(), 1 + len(asking.state.get("linked_servers", {}))):
        for remote, local in one.get("logins", {}).items():
            yield {"server_id": number, "remote_name": remote, "local_principal_id": asking.state["logins"][local]["id"]}


def linked_logins(asking):
    for number, one in enumerate(asking.state.get("linked_servers", {}).values(), 1):
        for local, remote in one.get("logins", {}).items():
            yield {"server_id": number, "local_principal_id": asking.state["logins"][local]["id"], "remote_name": remote}


def endpoints(asking):
    for number, (name, one) in enumerate(asking.state.get("endpoints", {}).items(), 65536):
        yield {"name": name, "endpoint_id": number, "principal_id": asking.state["logins"][one.get("owner", "sa")]["id"]}


def credentials(asking):
    for number, name in enumerate(asking.state.get("credentials", {}), 1):
        yield {"credential_id": number, "name": name}


def login_credentials(asking):
    for number, one in enumerate(asking.state.get("credentials", {}).values(), 1):
        for login in one.get("logins", []):
            yield {"principal_id": asking.state["logins"][login]["id"], "credential_id": number}


def backup_devices(asking):
    for name, one in asking.state.get("backup_devices", {}).items():
        yield {"name": name, "type": 2, "type_desc": one.get("type", "DISK"), "physical_name": one["path"]}


def certificates(asking):
    for number, (name, one) in enumerate(asking.state.get("certificates", {}).items(), 256):
        yield {
            "name": name,
            "certificate_id": number,
            "pvt_key_encryption_type": "MK" if one.get("has_key", True) else "NA",
            "thumbprint": blob(one["thumbprint"]),
        }


def encryption_keys(asking):
    for name, one in asking.state["databases"].items():
        if "encrypted_by" in one:
            thumbprint = asking.state["certificates"][one["encrypted_by"]]["thumbprint"]
            yield {"database_id": one["id"], "encryption_state": 3, "encryptor_thumbprint": blob(thumbprint)}


def services(asking):
    for name, one in asking.state["services"].items():
        yield {
            "servicename": name,
            "startup_type_desc": one.get("start", "Automatic"),
            "status_desc": one.get("state", "Running"),
            "service_account": one["account"],
            "filename": one.get("command"),
            "is_clustered": "N",
        }


def registry(asking):
    root = f"HKLM\\Software\\Microsoft\\Microsoft SQL Server\\{asking.state['instance_id']}"
    for number, parameter in enumerate(asking.state["startup"]):
        yield {"registry_key": rf"{root}\MSSQLServer\Parameters", "value_name": f"SQLArg{number}", "value_data": parameter}


def jobs(asking):
    for number, (name, one) in enumerate(asking.state.get("jobs", {}).items(), 1):
        yield {
            "job_id": f"00000000-0000-0000-0000-{number:012}",
            "name": name,
            "enabled": int(one.get("enabled", True)),
            "owner_sid": blob(asking.sid_of(one.get("owner", "sa"))),
            "category_id": 10 if one.get("replication") else 0,
            "date_modified": time(one.get("modified")),
        }


def job_categories(_):
    yield {"category_id": 0, "name": "[Uncategorized (Local)]"}
    yield {"category_id": 10, "name": "REPL-Distribution"}


PRINCIPAL = {
    "name": TEXT,
    "principal_id": INT,
    "sid": BYTES,
    "type": NVarChar(1),
    "type_desc": TEXT,
    "is_disabled": BIT,
    "create_date": TIME,
    "modify_date": TIME,
    "default_database_name": TEXT,
    "default_language_name": TEXT,
}

VIEWS = [
    View(
        "configurations",
        {
            "configuration_id": INT,
            "name": TEXT,
            "value": INT,
            "minimum": INT,
            "maximum": INT,
            "value_in_use": INT,
            "description": LONG,
            "is_dynamic": BIT,
            "is_advanced": BIT,
        },
        configurations,
    ),
    View("syslanguages", {"langid": INT, "dateformat": NVarChar(3), "name": TEXT, "alias": TEXT, "lcid": INT}, languages),
    View(
        "server_principals",
        PRINCIPAL | {"owning_principal_id": (INT, SINCE_2012), "is_fixed_role": (BIT, SINCE_2012)},
        principals,
    ),
    View("sql_logins", PRINCIPAL | {"is_policy_checked": BIT, "is_expiration_checked": BIT, "password_hash": BYTES}, sql_logins),
    View("login_token", {"principal_id": INT, "sid": BYTES, "name": TEXT, "type": TEXT, "usage": TEXT}, login_token),
    View(
        "server_permissions",
        {
            "class": Integer(1),
            "major_id": INT,
            "grantee_principal_id": INT,
            "grantor_principal_id": INT,
            "permission_name": TEXT,
            "state": NVarChar(1),
            "state_desc": TEXT,
        },
        server_permissions,
    ),
    View("server_role_members", {"role_principal_id": INT, "member_principal_id": INT}, role_members),
    View(
        "databases",
        {
            "name": TEXT,
            "database_id": INT,
            "owner_sid": BYTES,
            "create_date": TIME,
            "compatibility_level": Integer(1),
            "collation_name": TEXT,
            "user_access_desc": TEXT,
            "is_read_only": BIT,
            "state": Integer(1),
            "state_desc": TEXT,
            "recovery_model_desc": TEXT,
            "is_fulltext_enabled": BIT,
            "is_trustworthy_on": BIT,
            "is_published": BIT,
            "is_subscribed": BIT,
            "is_merge_published": BIT,
            "is_distributor": BIT,
            "is_encrypted": (BIT, SINCE_2008),
            "replica_id": (GUID, SINCE_2012),
        },
        databases,
    ),
    View("database_mirroring", {"database_id": INT, "mirroring_guid": GUID}, mirroring),
    View(
        "master_files",
        {"database_id": INT, "file_id": INT, "type_desc": TEXT, "name": TEXT, "physical_name": LONG, "state_desc": TEXT, "size": INT},
        master_files,
    ),
    View("database_files", {"file_id": INT, "type_desc": TEXT, "name": TEXT, "physical_name": LONG}, database_files),
    View(
        "database_principals",
        {
            "name": TEXT,
            "principal_id": INT,
            "type": NVarChar(1),
            "type_desc": TEXT,
            "default_schema_name": TEXT,
            "modify_date": TIME,
            "sid": BYTES,
            "is_fixed_role": BIT,
            "authentication_type": (INT, SINCE_2012),
            "authentication_type_desc": (TEXT, SINCE_2012),
        },
        users,
    ),
    View("database_role_members", {"role_principal_id": INT, "member_principal_id": INT}, user_roles),
    View(
        "servers",
        {
            "server_id": INT,
            "name": TEXT,
            "product": TEXT,
            "provider": TEXT,
            "data_source": LONG,
            "location": LONG,
            "provider_string": LONG,
            "catalog": TEXT,
            "connect_timeout": INT,
            "query_timeout": INT,
            "is_linked": BIT,
            "is_remote_login_enabled": BIT,
            "is_rpc_out_enabled": BIT,
            "is_data_access_enabled": BIT,
            "is_collation_compatible": BIT,
            "uses_remote_collation": BIT,
            "collation_name": TEXT,
            "is_distributor": BIT,
        },
        servers,
    ),
    View("remote_logins", {"server_id": INT, "remote_name": TEXT, "local_principal_id": INT}, remote_logins),
    View("linked_logins", {"server_id": INT, "local_principal_id": INT, "remote_name": TEXT}, linked_logins),
    View("endpoints", {"name": TEXT, "endpoint_id": INT, "principal_id": INT}, endpoints),
    View("credentials", {"credential_id": INT, "name": TEXT}, credentials),
    View("server_principal_credentials", {"principal_id": INT, "credential_id": INT}, login_credentials, since=SINCE_2008),
    View("backup_devices", {"name": TEXT, "type": Integer(1), "type_desc": TEXT, "physical_name": LONG}, backup_devices),
    View(
        "certificates",
        {"name": TEXT, "certificate_id": INT, "pvt_key_encryption_type": NVarChar(2), "thumbprint": BYTES},
        certificates,
        database="master",
    ),
    View(
        "dm_database_encryption_keys",
        {"database_id": INT, "encryption_state": INT, "encryptor_thumbprint": BYTES},
        encryption_keys,
        since=SINCE_2008,
        needs="VIEW SERVER STATE",
    ),
    View(
        "dm_server_services",
        {"servicename": TEXT, "startup_type_desc": TEXT, "status_desc": TEXT, "service_account": TEXT, "filename": LONG, "is_clustered": TEXT},
        services,
        since=SINCE_2008_R2_SP1,
        needs="VIEW SERVER STATE",
    ),
    View(
        "dm_server_registry",
        {"registry_key": LONG, "value_name": LONG, "value_data": LONG},
        registry,
        since=SINCE_2008_R2_SP1,
        needs="VIEW SERVER STATE",
    ),
    View(
        "sysjobs",
        {"job_id": GUID, "name": TEXT, "enabled": Integer(1), "owner_sid": BYTES, "category_id": INT, "date_modified": TIME},
        jobs,
        schema="dbo",
        since=(),
        database="msdb",
        needs="SELECT in msdb",
    ),
    View("syscategories", {"category_id": INT, "name": TEXT}, job_categories, schema="dbo", since=(), database="msdb", needs="SELECT in msdb"),
]
