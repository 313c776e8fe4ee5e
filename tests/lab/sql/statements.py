"""Questions that a real server understands and pysqlbridge does not, word for word, with their answers out of the state;
and questions of tests that are meant to be refused.
"""

import re
import time

from pysqlbridge.tds.result import Column, Integer, NVarChar, QueryError, QueryResult, VarBinary

KNOWN = []


def statement(pattern):
    """Answers what matches, blanks of all kinds being one."""

    def known(function):
        KNOWN.append((re.compile(" ".join(pattern.split()), re.IGNORECASE), function))
        return function

    return known


def texts(name, values):
    return QueryResult([Column(name, NVarChar(4000))], [[value] for value in values])


@statement(r"""
    SET NOCOUNT ON; DECLARE @found TABLE \(name nvarchar\(256\), value nvarchar\(4000\)\);
    INSERT @found EXEC master\.dbo\.xp_instance_regread
    N'HKEY_LOCAL_MACHINE', N'SOFTWARE\\Microsoft\\MSSQLServer\\(?P<key>\w+)', @P1;
    SELECT value FROM @found WHERE value IS NOT NULL
""")
def registry_value(asking, found, parameters):
    key = asking.state["registry"].get(found["key"], {})
    wanted = parameters["@P1"].lower()
    return texts("value", [str(value) for name, value in key.items() if name.lower() == wanted])


@statement(r"SELECT CAST\(LOGINPROPERTY\(@P1, 'PasswordHash'\) AS varbinary\(256\)\) AS hash")
def password_hash(asking, _, given):
    """NULL for a login that is not there, and for who may not see it."""
    logins = asking.state["logins"]
    found = next((one.get("hash") for name, one in logins.items() if name.lower() == given["@P1"].lower()), None)
    shown = bytes.fromhex(found.removeprefix("0x")) if found and asking.may("CONTROL SERVER") else None
    return QueryResult([Column("hash", VarBinary())], [[shown]])


@statement(r"EXEC master\.dbo\.xp_fixeddrives")
def fixed_drives(asking, *_):
    rows = [[drive, free] for drive, free in asking.state["drives"].items()]
    return QueryResult([Column("drive", NVarChar(1)), Column("MB free", Integer(4))], rows)


@statement(r"WAITFOR DELAY '00:00:(?P<seconds>\d\d)'")
def wait(_, found, __):
    time.sleep(int(found["seconds"]))
    return QueryResult([], [])


@statement(r"EXEC lab\.raise (?P<number>\d+), (?P<severity>\d+), N'(?P<text>[^']*)'")
def raise_error(_, found, __):
    raise QueryError(found["text"], number=int(found["number"]), severity=int(found["severity"]))


@statement(r"SELECT @P1 AS a, @P2 AS b, @P3 AS c, @P4 AS d, @P5 AS e")
def parameters(_, __, given):
    """What came in, as Python shows it."""
    shown = [repr(given[f"@P{number}"]) for number in range(1, 6)]
    return QueryResult([Column(name, NVarChar(4000)) for name in "abcde"], [shown])


# Refused as a server of any version would.
REFUSED = {
    "SELECT * FROM dbo.no_such_table": (208, 16, "Invalid object name 'dbo.no_such_table'."),
    "SELECT no_such_column FROM sys.databases": (207, 16, "Invalid column name 'no_such_column'."),
    "SELECT no_such_function()": (195, 15, "'no_such_function' is not a recognized built-in function name."),
    "EXEC dbo.no_such_procedure": (2812, 16, "Could not find stored procedure 'dbo.no_such_procedure'."),
    "SELECT FROM WHERE": (156, 15, "Incorrect syntax near the keyword 'FROM'."),
}
