# The conversation: who asks comes first, then a question or an act a line, each with one line for an answer.

MODULE_MISSING = "the Python module of Samba is missing on this machine; install the package python3-samba"
ASKS = {
    "service": ask_service,
    "registry": ask_registry,
    "file": ask_file,
    "share": ask_share,
    "disk": ask_disk,
    "group": ask_group,
    "there": ask_there,
}
ACTS = {
    ("service", "start"): start_service,
    ("service", "stop"): stop_service,
    ("service", "set_start"): set_start,
    ("registry", "set"): set_value,
    ("registry", "delete"): delete_value,
    ("file", "write"): write_piece,
    ("file", "copy"): place_file,
    ("file", "remove"): remove_file,
    ("file", "make_folder"): make_folder,
    ("file", "remove_folder"): remove_folder,
}


def say(answer, limit=None):
    line = json.dumps(answer, ensure_ascii=True, separators=(",", ":"))
    if limit is not None and len(line) > limit:
        line = json.dumps(
            {"id": answer["id"], "absent": "truncated", "detail": "the answer is longer than %d bytes" % limit}
        )
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def watch(parent):
    """Ends this process with the one that started it, whatever it waits for."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def load():
    """Samba's modules; a separate step, so that their absence can be told."""
    from samba import NTSTATUSError, credentials, param
    from samba.dcerpc import lsa, samr, security, srvsvc, svcctl, winreg
    from samba.ndr import ndr_pack, ndr_pack_in, ndr_unpack_out
    from samba.samba3 import libsmb_samba_internal as libsmb
    from samba.samba3 import param as s3param

    globals().update(locals())


def answer(session, question):
    """The answer, and whether something may have been changed, which matters where an act was not done."""
    session.begun = False
    try:
        return {"id": question["id"], "rows": work_on(question)(session, question) or []}
    except Lost as lost:
        return {"id": question["id"], "lost": str(lost), "begun": session.begun}
    except Absent as absent:
        why = absent
    except NTSTATUSError as error:
        try:
            why = absent_of_status(error, "asking the host")
        except Lost as lost:
            return {"id": question["id"], "lost": str(lost), "begun": session.begun}
    except Exception as error:
        # a defect here, or an answer that nobody thought of: other questions go on
        why = Absent("malformed", "the answer makes no sense (%s)" % type(error).__name__)
    return dict(why.shown(), id=question["id"], begun=session.begun)


def work_on(question):
    """What does it."""
    found = ASKS.get(question.get("ask")) or ACTS.get((question.get("do"), question.get("verb")))
    if found is None:
        raise Absent("unsupported", "MS-RPC runs no commands; ask the host over winrm or ssh")
    return found


NO_TICKET = (
    "the log-on with the Kerberos ticket of whoever runs this failed: get one with kinit, and use the host's full"
    " DNS name in the pair file (%s)"
)
# What the library makes of a missing or old ticket, and of a name that Kerberos does not know.
TICKET_FAILURES = {0xC000000D, 0xC0000022, 0xC000006D, 0xC000005E, 0xC0000388, 0xC000009A, 0xC0000001}


def open_session(hello):
    try:
        return Session(hello)
    except NTSTATUSError as error:
        number, text = status_of(error)
        if hello["kerberos"] and number in TICKET_FAILURES:
            raise Absent("bad_credentials", NO_TICKET % text.strip().rstrip(".")) from error
        raise absent_of_status(error, "logging on to %s" % hello["server"]) from error


def main():
    lines = sys.stdin.buffer
    hello = json.loads(lines.readline())
    threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
    try:
        load()
    except ImportError:
        return say({"absent": "unsupported", "detail": MODULE_MISSING})
    try:
        session = open_session(hello)
    except Absent as absent:
        return say(absent.shown())
    except Lost as lost:
        return say({"absent": "unreachable", "detail": str(lost)})
    hello.clear()
    say({"ready": 1})
    for line in lines:
        found = answer(session, json.loads(line))
        say(found, session.bytes)
        if "lost" in found:
            return
        session.tidy()


try:
    main()
except Exception:
    traceback.print_exc()
# nothing that still waits for the host keeps this process
sys.stdout.flush()
os._exit(0)
