# shellcheck shell=bash
# Every name, address and secret of the lab. Commands in the lab see them as variables; nothing else repeats them,
# but for config/ and directory/, which are written out in full to be readable.

# Where the lab's state appears inside the lab. Samba keeps absolute paths, so this never changes.
export STANDIN_LAB_HOME=/run/standin-lab

# The domain controller and who may log on to it.
export STANDIN_LAB_REALM=CORP.EXAMPLE
export STANDIN_LAB_DC=dc1.corp.example
export STANDIN_LAB_DC_IP=127.0.0.10
export STANDIN_LAB_CA=$STANDIN_LAB_HOME/tls/ca.pem
export STANDIN_LAB_ADMIN=Administrator@corp.example
export STANDIN_LAB_ADMIN_PASSWORD='Adm1n-of-the-lab'
export STANDIN_LAB_READER=svcstandin@corp.example
export STANDIN_LAB_READER_PASSWORD='Reader-of-the-lab-1'
export STANDIN_LAB_DR=svcdr@corp.example
export STANDIN_LAB_DR_PASSWORD='Dr-in-nested-groups-1'
export STANDIN_LAB_SRCMAIL_PASSWORD='Machine-password-of-the-source-1'
export STANDIN_LAB_TGTMAIL_PASSWORD='Machine-password-of-the-target-1'

# The pair: the hosts srcmail and tgtmail.
export STANDIN_LAB_SOURCE=srcmail.corp.example
export STANDIN_LAB_SOURCE_IP=127.0.0.11
export STANDIN_LAB_TARGET=tgtmail.corp.example
export STANDIN_LAB_TARGET_IP=127.0.0.12

# Who may log on to the hosts: an administrator, and the reader from above, who is nobody there. By ssh one user, by key.
export STANDIN_LAB_HOST_ADMIN=svcservers@corp.example
export STANDIN_LAB_HOST_ADMIN_PASSWORD='Servers-of-the-lab-1'
export STANDIN_LAB_HOST_READER=$STANDIN_LAB_READER
export STANDIN_LAB_HOST_READER_PASSWORD=$STANDIN_LAB_READER_PASSWORD
export STANDIN_LAB_SSH_USER=standin
export STANDIN_LAB_SSH_KEY=$STANDIN_LAB_HOME/ssh/key
export STANDIN_LAB_KNOWN_HOSTS=$STANDIN_LAB_HOME/ssh/known_hosts

# The pair's database servers, by TDS: an administrator, a reader of everything but password hashes, and one who may
# see nothing; the named instance beside the default one; where statements are written down that the lab does not know.
export STANDIN_LAB_SQL_ADMIN=sa
export STANDIN_LAB_SQL_ADMIN_PASSWORD='Sa-of-the-lab-1'
export STANDIN_LAB_SQL_READER=standin
export STANDIN_LAB_SQL_READER_PASSWORD='Reader-of-the-databases-1'
export STANDIN_LAB_SQL_NOBODY=nobody
export STANDIN_LAB_SQL_NOBODY_PASSWORD='Nobody-of-the-databases-1'
export STANDIN_LAB_SQL_INSTANCE=PAYROLL
# The account that they run as, in whose name the domain gives tickets for them.
export STANDIN_LAB_SQL_ACCOUNT_PASSWORD='Databases-of-the-lab-1'
export STANDIN_LAB_SQL_KEYTAB=$STANDIN_LAB_HOME/dc/svcsql.keytab
export STANDIN_LAB_SQL_UNKNOWN=$STANDIN_LAB_HOME/log/sql.unknown

# The primary and the secondary name server; TSIG keys (hmac-sha256) by the names standin-update, -xfer and -narrow.
export STANDIN_LAB_NS1=127.0.0.53
export STANDIN_LAB_NS2=127.0.0.54
export STANDIN_LAB_TSIG_UPDATE=dXBkYXRlLWtleS1vZi10aGUtc3RhbmRpbi1sYWItMDE=
export STANDIN_LAB_TSIG_XFER=eGZlci1rZXktb2YtdGhlLXN0YW5kaW4tbGFiLTAwMDE=
export STANDIN_LAB_TSIG_NARROW=bmFycm93LWtleS1vZi10aGUtc3RhbmRpbi1sYWItMDE=

# Servers that misbehave, see trouble.py. Those with a certificate are reached by name, which /etc/hosts knows.
export STANDIN_LAB_REFUSED=127.0.0.60
export STANDIN_LAB_BLACKHOLE=127.0.0.61
export STANDIN_LAB_SILENT=127.0.0.62
export STANDIN_LAB_GARBAGE=127.0.0.63
export STANDIN_LAB_RESET=127.0.0.64
export STANDIN_LAB_SLOW=127.0.0.65
export STANDIN_LAB_UNKNOWN_CA=unknown-ca.trouble.example
export STANDIN_LAB_UNKNOWN_CA_IP=127.0.0.66
export STANDIN_LAB_EXPIRED=expired.trouble.example
export STANDIN_LAB_EXPIRED_IP=127.0.0.67
export STANDIN_LAB_WRONG_NAME=wrong-name.trouble.example
export STANDIN_LAB_WRONG_NAME_IP=127.0.0.68

export STANDIN_LAB_OLD_TLS=old-tls.trouble.example
export STANDIN_LAB_OLD_TLS_IP=127.0.0.70

# The directory once more, with the limits of Windows that Samba does not keep, see limits.py.
export STANDIN_LAB_LIMITS=127.0.0.69

# For other clients, to compare with: the reader's ticket, a cache that holds none, the running directory's files.
export KRB5_CONFIG=$STANDIN_LAB_HOME/etc/krb5.conf
export KRB5CCNAME=FILE:$STANDIN_LAB_HOME/reader.ccache
export STANDIN_LAB_NO_TICKET=FILE:$STANDIN_LAB_HOME/no-ticket.ccache
export STANDIN_LAB_SMBCONF=$STANDIN_LAB_HOME/dc/smb.conf
export STANDIN_LAB_SAM=$STANDIN_LAB_HOME/dc/private/sam.ldb
