//! The healthy pair by the ticket of whoever runs the check.

use super::answer::{check, outcomes};

const PASSWORD: &str =
    "credential: { user: svcstandin@corp.example, password: { env: STANDIN_LAB_READER_PASSWORD } }";

#[test]
fn a_ticket_is_as_good_as_a_password() {
    let Some(_lab) = super::lab() else { return };
    let healthy = outcomes(&check(&[]).json());
    for security in ["gssapi", "ldaps"] {
        let security = format!("security: {security}");
        let edits = [
            (PASSWORD, "credential: { kerberos: {} }"),
            ("security: ldaps", security.as_str()),
        ];
        assert_eq!(outcomes(&check(&edits).json()), healthy, "{security}");
    }
}
