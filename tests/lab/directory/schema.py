"""Adds the attributes and classes of schema.toml to a directory that is not running.

A new name can only be referred to once the transaction that brought it is over and the schema has been read again, so
the work goes in stages, each in one transaction: attributes, back links, then the classes, super classes first.
"""

import tomllib
import uuid

from ldb import FLAG_MOD_ADD, Dn, Message, MessageElement
from samba.dcerpc import misc
from samba.ndr import ndr_pack

# A lab's own arc: only names and schemaIDGUIDs are Exchange's.
ARC = "1.3.6.1.4.1.99999"
# attributeSyntax, oMSyntax, oMObjectClass
SYNTAX = {
    "text": ("2.5.5.12", "64", None),
    "integer": ("2.5.5.9", "2", None),
    "boolean": ("2.5.5.8", "1", None),
    "time": ("2.5.5.16", "65", None),
    "octets": ("2.5.5.10", "4", None),
    "dn": ("2.5.5.1", "127", bytes.fromhex("2b0c0287731c00854a")),
}
# Asks the directory to choose a link number.
AUTOMATIC_LINK = "1.2.840.113556.1.2.50"
# Administrators and the system may do everything; everybody who logged on may read, the descriptor too.
DESCRIPTOR = "D:(A;;GA;;;DA)(A;;GA;;;SY)(A;;RPLCLORC;;;AU)"


def extend(samdb, path):
    """Applies the whole file."""
    with open(path, "rb") as file:
        schema = tomllib.load(file)
    base = samdb.get_schema_basedn()

    attributes = [
        attribute(base, name, number, **spec)
        for number, (name, spec) in enumerate(schema["attribute"].items(), 1)
    ]
    stage(samdb, [a for a in attributes if "systemFlags" not in a])
    stage(samdb, [a for a in attributes if "systemFlags" in a])

    classes = schema["class"]
    numbers = {name: number for number, name in enumerate(classes, 1)}
    waiting = dict(classes)
    while waiting:
        ready = {n: s for n, s in waiting.items() if s.get("of") not in waiting}
        stage(samdb, [object_class(base, n, numbers[n], **s) for n, s in ready.items()])
        waiting = {n: s for n, s in waiting.items() if n not in ready}

    # Where a class may stand can name a class of the same stage, so it is said last.
    additions = {n: {"possSuperiors": s["below"]} for n, s in classes.items() if "below" in s} | schema["existing"]
    stage(samdb, [addition(samdb, base, n, a) for n, a in additions.items()], samdb.modify)


def stage(samdb, entries, apply=None):
    apply = apply or samdb.add
    samdb.transaction_start()
    try:
        for entry in entries:
            apply(entry)
    except BaseException:
        samdb.transaction_cancel()
        raise
    samdb.transaction_commit()
    samdb.set_schema_update_now()


def attribute(base, name, number, syntax, guid=None, many=False, link=False, back_of=None, gc=False):
    attribute_syntax, om_syntax, om_class = SYNTAX[syntax]
    entry = definition(base, name, guid) | {
        "objectClass": "attributeSchema",
        "attributeID": f"{ARC}.1.{number}",
        "attributeSyntax": attribute_syntax,
        "oMSyntax": om_syntax,
        "isSingleValued": "FALSE" if many or back_of else "TRUE",
        "searchFlags": "0",
    }
    if om_class:
        entry["oMObjectClass"] = om_class
    if gc:
        entry["isMemberOfPartialAttributeSet"] = "TRUE"
    if link:
        entry["linkID"] = AUTOMATIC_LINK
    if back_of:
        entry["linkID"] = back_of
        entry["systemFlags"] = "1"  # not replicated: it is derived
    return entry


def object_class(base, name, number, of=None, aux=False, guid=None, must=(), may=(), below=()):
    del below  # said in a later stage
    entry = definition(base, name, guid) | {
        "objectClass": "classSchema",
        "governsID": f"{ARC}.2.{number}",
        "objectClassCategory": "3" if aux else "1",
        "subClassOf": "top" if aux else of or "container",
        "rDNAttID": "cn",
    }
    if not aux:
        entry["defaultObjectCategory"] = str(entry["dn"])
        entry["defaultSecurityDescriptor"] = DESCRIPTOR
        entry["defaultHidingValue"] = "FALSE"
    if must:
        entry["mustContain"] = list(must)
    if may:
        entry["mayContain"] = list(may)
    return entry


def definition(base, name, guid):
    entry = {"dn": f"CN={name},{base}", "cn": name, "lDAPDisplayName": name, "adminDisplayName": name}
    if guid:
        entry["schemaIDGUID"] = ndr_pack(misc.GUID(str(uuid.UUID(guid))))
    return entry


def addition(samdb, base, name, attributes):
    message = Message(Dn(samdb, f"CN={name},{base}"))
    for key, values in attributes.items():
        message[key] = MessageElement(values, FLAG_MOD_ADD, key)
    return message
