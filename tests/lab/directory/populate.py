"""Makes the lab's directory from nothing: domain, Exchange's schema, the organisation, accounts and rights.

Works on the database files; the domain controller does not run. Passwords come from the environment (settings.sh).
Debian's own Python, because that is the one that has Samba's modules.
"""

import logging
import os
import sys
import uuid
from pathlib import Path
from string import Template

import ldb
import samba.dckeytab  # noqa: F401  teaches Net to write keytabs
from samba.auth import system_session
from samba.dcerpc import misc, security
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.ndr import ndr_unpack
from samba.net import Net
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

import schema

HERE = Path(__file__).parent
DOMAIN = "DC=corp,DC=example"
# Fixed, so that what is read from one snapshot can be compared with what is read from the next.
DOMAIN_SID = "S-1-5-21-1004336348-1177238915-682003330"
MANY = 1600
MAILBOXES = ("alice", "bob", "carol", "dave", "erin", "frank")


def main(smb_conf):
    lp = LoadParm()
    lp.load(smb_conf)
    logging.basicConfig(level=logging.WARNING)
    provision(
        logging.getLogger(),
        system_session(),
        smbconf=smb_conf,
        lp=lp,
        realm="CORP.EXAMPLE",
        domain="CORP",
        hostname="dc1",
        hostip="127.0.0.10",
        adminpass=os.environ["STANDIN_LAB_ADMIN_PASSWORD"],
        domainsid=security.dom_sid(DOMAIN_SID),
        serverrole="active directory domain controller",
        dns_backend="SAMBA_INTERNAL",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        batch_mode=True,
    )
    samdb = SamDB(lp=lp, session_info=system_session())
    schema.extend(samdb, HERE / "schema.toml")
    # Connect again, so that nothing of the old schema is left in memory.
    samdb = SamDB(lp=lp, session_info=system_session())
    for step in (accounts, organisation, mailboxes, crowd, grants, hosts):
        samdb.transaction_start()
        step(samdb)
        samdb.transaction_commit()
    for service in database_services():
        Net(None, lp).export_keytab(keytab=os.environ["STANDIN_LAB_SQL_KEYTAB"], principal=service)


def accounts(samdb):
    """The domain's policy, its services' names, the pair's computers and the people."""
    # A snapshot may be kept for longer than passwords live by default.
    samdb.set_maxPwdAge(-0x8000000000000000)
    # Samba's daemons would add these later; GSSAPI needs them now.
    services = ["ldap/dc1.corp.example", "GC/dc1.corp.example/corp.example"]
    modify(samdb, f"CN=DC1,OU=Domain Controllers,{DOMAIN}", ldb.FLAG_MOD_ADD, servicePrincipalName=services)

    for name in ("SRCMAIL", "TGTMAIL"):
        host = f"{name.lower()}.corp.example"
        services = ("HOST", "exchangeMDB", "exchangeRFR", "SMTPSVC")
        samdb.newcomputer(name, service_principal_name_list=[f"{s}/{h}" for s in services for h in (name, host)])
        samdb.setpassword(f"(sAMAccountName={name}$)", os.environ[f"STANDIN_LAB_{name}_PASSWORD"])
        samdb.enable_account(f"(sAMAccountName={name}$)")
        modify(
            samdb,
            f"CN={name},CN=Computers,{DOMAIN}",
            dNSHostName=host,
            operatingSystem="Windows Server 2003",
            operatingSystemServicePack="Service Pack 2",
            operatingSystemVersion="5.2 (3790)",
        )

    samdb.newuser("svcstandin", os.environ["STANDIN_LAB_READER_PASSWORD"])
    samdb.newuser("svcsql", os.environ["STANDIN_LAB_SQL_ACCOUNT_PASSWORD"])
    modify(samdb, f"CN=svcsql,CN=Users,{DOMAIN}", ldb.FLAG_MOD_ADD, servicePrincipalName=database_services())
    samdb.newuser("svcdr", os.environ["STANDIN_LAB_DR_PASSWORD"])
    # svcdr has the rights of DR Operators only through the group between them.
    samdb.newgroup("DR Nested")
    samdb.newgroup("DR Operators")
    samdb.add_remove_group_members("DR Nested", ["svcdr"])
    samdb.add_remove_group_members("DR Operators", ["DR Nested"])


def database_services():
    """Names of the databases' services: the default instance by its host and port, the named one by its port and name."""
    hosts = ("srcmail.corp.example", "tgtmail.corp.example")
    return [f"MSSQLSvc/{host}{which}" for host in hosts for which in ("", ":1433", ":PAYROLL", ":51433")]


def organisation(samdb):
    """Exchange's objects in the configuration partition."""
    names = dn_names()
    load(samdb, "organisation.ldif", names)
    for name, address in (("SRCMAIL", "127.0.0.11"), ("TGTMAIL", "127.0.0.12")):
        server = f"CN={name},{names['servers']}"
        legacy = f"/o=Contoso Org/ou=First Administrative Group/cn=Configuration/cn=Servers/cn={name}"
        own = {"NAME": name, "name": name.lower(), "address": address, "server": server, "legacy": legacy}
        load(samdb, "server.ldif", names | own)
    load(samdb, "links.ldif", names)
    # Exchange keeps one mail gateway for each store, named by the store's objectGUID.
    for server in ("SRCMAIL", "TGTMAIL"):
        base = f"CN={server},{names['servers']}"
        for store in samdb.search(base, ldb.SCOPE_SUBTREE, "(objectClass=msExchMDB)", ["objectGUID"]):
            guid = ndr_unpack(misc.GUID, store["objectGUID"][0])
            dn = f"CN=SMTP ({server}-{{{str(guid).upper()}}}),CN=Connections,{names['organisation']}"
            samdb.add({"dn": dn, "objectClass": "mailGateway", "deliveryMechanism": "2"})


def mailboxes(samdb):
    """Users whose mailboxes lie in the source's stores, by turns in the first and the second."""
    names = dn_names()
    for number, user in enumerate(MAILBOXES):
        samdb.newuser(user, os.environ["STANDIN_LAB_READER_PASSWORD"], mailaddress=f"{user}@corp.example")
        group, store = (("First", "Mailbox Store"), ("Second", "Mailbox Store 2"))[number % 2]
        modify(
            samdb,
            f"CN={user},CN=Users,{DOMAIN}",
            homeMDB=f"CN={store} (SRCMAIL),CN={group} Storage Group,CN=InformationStore,{names['source']}",
            homeMTA=f"CN=Microsoft MTA,{names['source']}",
            legacyExchangeDN=f"/o=Contoso Org/ou=First Administrative Group/cn=Recipients/cn={user}",
            mailNickname=user,
            msExchHomeServerName="/o=Contoso Org/ou=First Administrative Group/cn=Configuration/cn=Servers/cn=SRCMAIL",
            msExchMailboxGuid=uuid.uuid5(uuid.NAMESPACE_DNS, f"{user}.corp.example").bytes_le,
            proxyAddresses=[f"SMTP:{user}@corp.example", f"smtp:{user}@mail.corp.example"],
        )


def crowd(samdb):
    """More objects than a page holds (1,000), more members than one answer holds (1,500)."""
    crowd_dn = f"OU=Crowd,{DOMAIN}"
    samdb.add({"dn": crowd_dn, "objectClass": "organizationalUnit"})
    contacts = [f"CN=Contact {number:04},{crowd_dn}" for number in range(1, MANY + 1)]
    for dn in contacts:
        samdb.add({"dn": dn, "objectClass": "contact"})
    samdb.newgroup("Many Members")
    modify(samdb, f"CN=Many Members,CN=Users,{DOMAIN}", member=contacts)


def hosts(samdb):
    """Who administers the pair's hosts."""
    samdb.newuser("svcservers", os.environ["STANDIN_LAB_HOST_ADMIN_PASSWORD"])


def grants(samdb):
    """The rights of grants.txt, as object ACEs."""
    names = dn_names()
    descriptors = SDUtils(samdb)
    for line in (HERE / "grants.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        who, rights, what, flow, where = line.split(maxsplit=4)
        flags = {"-": "", "inherit": "CI"}[flow]
        ace = f"(OA;{flags};{rights};{schema_guid(samdb, what)};;{sid(samdb, who)})"
        descriptors.dacl_prepend_aces(Template(where).substitute(names), ace)


def dn_names():
    """The distinguished names that the LDIF files and grants.txt use by $name."""
    configuration = f"CN=Configuration,{DOMAIN}"
    exchange = f"CN=Microsoft Exchange,CN=Services,{configuration}"
    org = f"CN=Contoso Org,{exchange}"
    group = f"CN=First Administrative Group,CN=Administrative Groups,{org}"
    servers = f"CN=Servers,{group}"
    lists = f"CN=Address Lists Container,{org}"
    source = f"CN=SRCMAIL,{servers}"
    return {
        "domain": DOMAIN,
        "configuration": configuration,
        "exchange": exchange,
        "organisation": org,
        "group": group,
        "servers": servers,
        "routing": f"CN=Routing Groups,{group}",
        "lists": lists,
        "rus": f"CN=Recipient Update Services,{lists}",
        "source": source,
        "source_public": f"CN=Public Folder Store (SRCMAIL),CN=First Storage Group,CN=InformationStore,{source}",
        "target": f"CN=TGTMAIL,{servers}",
    }


def load(samdb, file, names):
    for change, entry in samdb.parse_ldif(Template((HERE / file).read_text()).substitute(names)):
        if change == ldb.CHANGETYPE_MODIFY:
            samdb.modify(entry)
        else:
            samdb.add(entry)


def modify(samdb, dn, flag=ldb.FLAG_MOD_REPLACE, **attributes):
    message = ldb.Message(ldb.Dn(samdb, dn))
    for name, value in attributes.items():
        message[name] = ldb.MessageElement(value, flag, name)
    samdb.modify(message)


def schema_guid(samdb, name):
    base = samdb.get_schema_basedn()
    [found] = samdb.search(base, ldb.SCOPE_ONELEVEL, f"(lDAPDisplayName={name})", ["schemaIDGUID"])
    return ndr_unpack(misc.GUID, found["schemaIDGUID"][0])


def sid(samdb, account):
    [found] = samdb.search(DOMAIN, ldb.SCOPE_SUBTREE, f"(sAMAccountName={account})", ["objectSid"])
    return samdb.schema_format_value("objectSid", found["objectSid"][0]).decode()


main(*sys.argv[1:])
