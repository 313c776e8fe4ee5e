"""The system tables of SQL Server 2000, made from the state of an instance; newer versions have other ones."""

from pysqlbridge.tds.result import NVarChar

from views import BIT, BYTES, INT, LONG, SINCE_2005, TEXT, TIME, View, all_files, blob, seen_databases, time, users

ROLES = ("sysadmin", "securityadmin", "serveradmin", "setupadmin", "processadmin", "diskadmin", "dbcreator", "bulkadmin")
LOG = 64
PUBLISHED, MERGE_PUBLISHED, DISTRIBUTION = 1, 4, 16
KINDS = {"DISK": 2, "TAPE": 5, "PIPE": 6}


def configured(asking):
    for one in asking.state["configurations"].values():
        status = (1 if one.get("dynamic", True) else 0) + (2 if one.get("advanced", True) else 0)
        yield {"config": one["id"], "value": one.get("value", 0), "status": status}


def in_use(asking):
    for one in asking.state["configurations"].values():
        yield {"config": one["id"], "value": one.get("in_use", one.get("value", 0))}


def values(asking):
    for name, one in asking.state["configurations"].items():
        yield {"name": name, "number": one["id"], "type": "C", "low": one.get("minimum", 0), "high": one.get("maximum", 1)}
    for number, name in enumerate(ROLES):
        yield {"name": name, "number": 16 << number, "type": "SRV", "low": 0}
        yield {"name": f"all that {name} may", "number": 16 << number, "type": "SRV", "low": -1}


def languages(asking):
    for name, one in asking.state["languages"].items():
        yield {"langid": one["id"], "name": name, "alias": one["alias"], "lcid": one["lcid"], "dateformat": one["dates"]}


def logins(asking):
    members = {role: {name.lower() for name in one.get("members", [])} for role, one in asking.state["roles"].items()}
    for name, one in asking.state["logins"].items():
        if one["type"] in "SUG":
            yield {
                "name": name,
                "sid": blob(one["sid"]),
                "updatedate": time(one.get("modified")),
                "dbname": one.get("database", "master"),
                "language": one.get("language"),
                "denylogin": int(one.get("disabled", False)),
                "isntname": int(one["type"] != "S"),
                "isntgroup": int(one["type"] == "G"),
                "isntuser": int(one["type"] == "U"),
            } | {role: int(name.lower() in members.get(role, ())) for role in ROLES}


def passwords(asking):
    for name, one in asking.state["logins"].items():
        yield {"srvid": None, "name": name, "sid": blob(one["sid"]), "password": blob(one.get("hash"))}


def databases(asking):
    for name, one in seen_databases(asking):
        category = PUBLISHED * one.get("published", False) + MERGE_PUBLISHED * one.get("merge_published", False)
        yield {
            "name": name,
            "dbid": one["id"],
            "sid": blob(asking.sid_of(one.get("owner", "sa"))),
            "category": category + DISTRIBUTION * one.get("distributor", False),
            "cmptlevel": one.get("compatibility", 80),
        }


def database_property(asking, name, wanted):
    one = asking.state["databases"].get(name, {})
    return {
        "STATUS": one.get("state", "ONLINE"),
        "RECOVERY": one.get("recovery", "FULL"),
        "COLLATION": one.get("collation", asking.state["collation"]),
        "UPDATEABILITY": "READ_ONLY" if one.get("read_only") else "READ_WRITE",
    }.get(wanted.upper())


def files(asking):
    for _, row in all_files(asking):
        yield {
            "dbid": row["database_id"],
            "fileid": row["file_id"],
            "name": row["name"].ljust(128),
            "filename": row["physical_name"].ljust(260),
            "status": LOG if row["type_desc"] == "LOG" else 2,
        }


def database_users(asking):
    for row in users(asking):
        role = row["type"] == "R"
        yield {
            "uid": row["principal_id"],
            "name": row["name"],
            "sid": row["sid"],
            "islogin": int(not role),
            "isntname": int(row["type"] in "UG"),
            "isntgroup": int(row["type"] == "G"),
            "isntuser": int(row["type"] == "U"),
            "isaliased": 0,
            "hasdbaccess": int(not role),
        }


def members(asking):
    ids = {row["name"].lower(): row["principal_id"] for row in users(asking)}
    for role, inside in asking.state["databases"][asking.database].get("roles", {}).items():
        for member in inside:
            yield {"groupuid": ids[role.lower()], "memberuid": ids[member.lower()]}


def servers(asking):
    state = asking.state
    yield {"srvid": 0, "srvname": asking.server_name, "datasource": asking.server_name, "isremote": False, "dist": state.get("distributor") == "(local)"}
    others = [(name, one, False) for name, one in state.get("linked_servers", {}).items()]
    others += [(name, one, True) for name, one in state.get("remote_servers", {}).items()]
    for number, (name, one, remote) in enumerate(others, 1):
        yield {
            "srvid": number,
            "srvname": name,
            "srvproduct": one.get("product", "SQL Server"),
            "providername": one.get("provider", "SQLNCLI"),
            "datasource": one.get("data_source", name),
            "location": one.get("location"),
            "providerstring": one.get("provider_string"),
            "catalog": one.get("catalog"),
            "connecttimeout": one.get("connect_timeout", 0),
            "querytimeout": one.get("query_timeout", 0),
            "isremote": remote,
            "rpc": one.get("rpc", False),
            "rpcout": one.get("rpc_out", False),
            "dataaccess": one.get("data_access", not remote),
            "collationcompatible": one.get("collation_compatible", False),
            "useremotecollation": one.get("remote_collation", True),
            "collation": one.get("collation"),
            "dist": name == state.get("distributor"),
        }


def remote_logins(asking):
    for number, one in enumerate(asking.state.get("remote_servers", {}).values(), 1 + len(asking.state.get("linked_servers", {}))):
        for remote in one.get("logins", {}):
            yield {"remoteserverid": number, "remoteusername": remote}


def devices(asking):
    yield {"name": "master".ljust(128), "cntrltype": 0, "phyname": "master.mdf".ljust(260)}
    for name, one in asking.state.get("backup_devices", {}).items():
        yield {"name": name.ljust(128), "cntrltype": KINDS[one.get("type", "DISK")], "phyname": one["path"].ljust(260)}


def table(name, columns, rows, **more):
    return View(name, columns, rows, schema="dbo", since=(), until=SINCE_2005, **more)


OLDER = [
    table("sysconfigures", {"config": INT, "value": INT, "status": INT}, configured),
    table("syscurconfigs", {"config": INT, "value": INT}, in_use),
    table("spt_values", {"name": TEXT, "number": INT, "type": NVarChar(3), "low": INT, "high": INT}, values),
    table("syslanguages", {"langid": INT, "dateformat": NVarChar(3), "name": TEXT, "alias": TEXT, "lcid": INT}, languages),
    table(
        "syslogins",
        {
            "sid": BYTES,
            "name": TEXT,
            "updatedate": TIME,
            "dbname": TEXT,
            "language": TEXT,
            "denylogin": INT,
            "isntname": INT,
            "isntgroup": INT,
            "isntuser": INT,
        }
        | dict.fromkeys(ROLES, INT),
        logins,
    ),
    table("sysxlogins", {"srvid": INT, "sid": BYTES, "name": TEXT, "password": BYTES}, passwords, needs="CONTROL SERVER", database="master"),
    table("sysdatabases", {"name": TEXT, "dbid": INT, "sid": BYTES, "category": INT, "cmptlevel": INT}, databases),
    table("sysaltfiles", {"dbid": INT, "fileid": INT, "name": TEXT, "filename": LONG, "status": INT}, files),
    table(
        "sysusers",
        {
            "uid": INT,
            "name": TEXT,
            "sid": BYTES,
            "islogin": INT,
            "isntname": INT,
            "isntgroup": INT,
            "isntuser": INT,
            "isaliased": INT,
            "hasdbaccess": INT,
        },
        database_users,
    ),
    table("sysmembers", {"memberuid": INT, "groupuid": INT}, members),
    table(
        "sysservers",
        {
            "srvid": INT,
            "srvname": TEXT,
            "srvproduct": TEXT,
            "providername": TEXT,
            "datasource": LONG,
            "location": LONG,
            "providerstring": LONG,
            "catalog": TEXT,
            "connecttimeout": INT,
            "querytimeout": INT,
            "isremote": BIT,
            "rpc": BIT,
            "rpcout": BIT,
            "dataaccess": BIT,
            "collationcompatible": BIT,
            "useremotecollation": BIT,
            "collation": TEXT,
            "dist": BIT,
        },
        servers,
    ),
    table("sysremotelogins", {"remoteserverid": INT, "remoteusername": TEXT}, remote_logins),
    table("sysdevices", {"name": TEXT, "cntrltype": INT, "phyname": LONG}, devices),
]
