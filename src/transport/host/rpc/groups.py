# Members of local groups, through [MS-SAMR]; their names through [MS-LSAT].

BUILTIN = "S-1-5-32"
CONNECT_AND_LOOK_UP, LOOK_UP, LIST_MEMBERS = 0x30, 0x200, 0x4
LOOK_UP_NAMES = 0x800
NONE_MAPPED, SOME_NOT_MAPPED, MORE = 0xC0000073, 0x107, 0x105


class Accounts:
    """A pipe to the host's own accounts."""

    def __init__(self, session):
        self.pipe = session.pipe("samr", samr)
        request = samr.Connect2()
        request.in_system_name = session.server
        request.in_access_mask = CONNECT_AND_LOOK_UP
        self.done(request, "opening the account database")
        self.handle = request.out_connect_handle

    def done(self, request, doing, besides=()):
        self.pipe.call(request)
        number = number_of(request.result)
        if number and number not in besides:
            raise absent_of_number(number, doing)
        return number

    def domains(self):
        """The host's own domain first, then the one of the groups that every host has."""
        request = samr.EnumDomains()
        request.in_connect_handle = self.handle
        request.in_resume_handle = 0
        request.in_buf_size = 65536
        self.done(request, "listing the account domains", (MORE,))
        names = [entry.name.string for entry in request.out_sam.entries or []]
        return sorted(names, key=lambda name: name.lower() == "builtin")

    def domain(self, sid):
        request = samr.OpenDomain()
        request.in_connect_handle = self.handle
        request.in_access_mask = LOOK_UP
        request.in_sid = sid
        self.done(request, "opening the accounts")
        return request.out_domain_handle

    def sid(self, name):
        request = samr.LookupDomain()
        request.in_connect_handle = self.handle
        request.in_domain_name = lsa_text(name)
        self.done(request, "looking up %s" % name)
        return request.out_sid

    def alias(self, name):
        """The open group of this name or SID."""
        if name.upper().startswith(BUILTIN + "-"):
            rid = name.rpartition("-")[2]
            if not rid.isdigit():
                raise Absent("not_found", "the host has no local group %s" % name)
            return self.open(self.domain(security.dom_sid(BUILTIN)), int(rid), name)
        for domain in self.domains():
            handle = self.domain(self.sid(domain))
            request = samr.LookupNames()
            request.in_domain_handle = handle
            request.in_num_names = 1
            request.in_names = [lsa_text(name)]
            if self.done(request, "looking up the group %s" % name, (NONE_MAPPED,)):
                continue
            # 4: a local group
            if request.out_types.ids[0] != 4:
                continue
            try:
                return self.open(handle, request.out_rids.ids[0], name)
            except Absent as absent:
                # Samba finds the groups of one domain by name in the other too
                if absent.cause != "not_found":
                    raise
        raise Absent("not_found", "the host has no local group %s" % name)

    def open(self, domain, rid, name):
        request = samr.OpenAlias()
        request.in_domain_handle = domain
        request.in_access_mask = LIST_MEMBERS
        request.in_rid = rid
        try:
            self.done(request, "opening the group %s" % name)
        except Absent as absent:
            if absent.cause == "not_found":
                raise Absent("not_found", "the host has no local group %s" % name) from absent
            raise
        return request.out_alias_handle

    def members(self, name):
        request = samr.GetMembersInAlias()
        request.in_alias_handle = self.alias(name)
        self.done(request, "listing the members of %s" % name)
        return [entry.sid for entry in request.out_sids.sids or []]


def absent_of_number(number, doing):
    return absent_of_status(NTSTATUSError(number, "the host refuses"), doing)


def lsa_text(text):
    made = lsa.String()
    made.string = text
    return made


class Authority:
    """A pipe to what knows names of SIDs."""

    def __init__(self, session):
        self.pipe = session.pipe("lsarpc", lsa)
        request = lsa.OpenPolicy2()
        request.in_system_name = session.server
        request.in_attr = lsa.ObjectAttribute()
        request.in_access_mask = LOOK_UP_NAMES
        self.pipe.call(request)
        number = number_of(request.result)
        if number:
            raise absent_of_number(number, "opening the security authority")
        self.policy = request.out_handle

    def names(self, sids):
        """`DOMAIN\\name` of each, or why it has none."""
        return [name for part in range(0, len(sids), 500) for name in self.some_names(sids[part : part + 500])]

    def some_names(self, sids):
        request = lsa.LookupSids()
        request.in_handle = self.policy
        request.in_sids = lsa.SidArray()
        request.in_sids.num_sids = len(sids)
        request.in_sids.sids = [sid_pointer(sid) for sid in sids]
        request.in_names = lsa.TransNameArray()
        request.in_level = 1
        request.in_count = 0
        self.pipe.call(request)
        number = number_of(request.result)
        if number not in (0, SOME_NOT_MAPPED, NONE_MAPPED):
            raise absent_of_number(number, "looking up names")
        domains = request.out_domains.domains or []
        names = request.out_names.names or []
        if number != NONE_MAPPED and len(names) != len(sids):
            raise Absent("malformed", "the host names another number of members")
        found = []
        for place in range(len(sids)):
            name = names[place] if place < len(names) else None
            # 8: there is no such account any more
            if name is None or name.sid_type >= 8 or not name.name.string:
                found.append(Absent("not_found", "the host knows no name for it").shown())
            elif 0 <= name.sid_index < len(domains) and domains[name.sid_index].name.string:
                found.append("%s\\%s" % (domains[name.sid_index].name.string, name.name.string))
            else:
                found.append(name.name.string)
        return found


def sid_pointer(sid):
    made = lsa.SidPtr()
    made.sid = sid
    return made


def ask_group(session, question):
    sids = session.ask(Accounts, lambda accounts: accounts.members(question["name"]))
    if len(sids) > session.rows:
        raise Absent("truncated", "the group has more than %d members" % session.rows)
    names = session.ask(Authority, lambda authority: authority.names(sids)) if sids else []
    return [{"name": name, "sid": str(sid)} for name, sid in zip(names, sids)]
