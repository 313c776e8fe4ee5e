"""The accounts and groups of one host, from Samba's own databases. Works only where the host's accounts are Unix's."""

from samba.samba3 import param, passdb

BUILTIN = "S-1-5-32"


def members(state, name):
    """Name and SID of the members of a local group, by its name or its SID; None where there is none."""
    param.get_context().load(f"{state}/smb.conf")
    passdb.set_secrets_dir(f"{state}/private")
    database = passdb.PDB(f"tdbsam:{state}/private/passdb.tdb")
    groups = {str(group.sid): group for group in database.enum_group_mapping()}
    for sid, group in groups.items():
        # 4: a local group
        if group.sid_name_use == 4 and name.lower() in (sid.lower(), group.nt_name.lower()):
            found = [str(member) for member in database.enum_aliasmem(group.sid)]
            return [{"name": shown(database, groups, member), "sid": member} for member in found]
    return None


def shown(database, groups, sid):
    if sid in groups:
        return f"{'BUILTIN' if sid.startswith(BUILTIN) else 'CORP'}\\{groups[sid].nt_name}"
    for user in database.search_users(0):
        if sid.endswith(f"-{user['rid']}"):
            return f"CORP\\{user['account_name']}"
    return {"absent": "not_found", "detail": "the host knows no name for it"}
