//! What the two servers' accounts may do in the directory.

use super::Step::{Ace, Add, Revoke, Set};
use super::{Change, ERROR, FIXABLE, GONE, NOT_APPLICABLE, NOTHING};

const SOURCE_ACCOUNT: &str = "CN=SRCMAIL,CN=Computers,$DOMAIN";
const TARGET_ACCOUNT: &str = "CN=TGTMAIL,CN=Computers,$DOMAIN";
const OAB_OF_SOURCE: &str = "source/Default Offline Address List";
const OAB_OF_TARGET: &str = "target/Default Offline Address List";
const ROUTING_GROUP: &str = "pair/First Routing Group";
const ROUTING_GROUPS: &str = "pair/Routing Groups";
const RUS_OF_DOMAIN: &str = "pair/Recipient Update Service (CORP)";
const RUS_OF_FOREST: &str = "pair/Recipient Update Service (Enterprise Configuration)";
const SECOND_RUS: &str =
    "CN=Recipient Update Service (Enterprise Configuration),CN=Recipient Update Services,$LISTS";

pub(super) const CHANGES: &[Change] = &[
    Change {
        name: "the source may not generate the address book",
        rows: &["C-16"],
        steps: &[Revoke("SRCMAIL$", "offLineABServer", "$OAB")],
        seen: &["pair.exchange.oabs.sd"],
        expect: &[("exchange/address-book-denied", OAB_OF_SOURCE, FIXABLE)],
        says: &["SRCMAIL lacks on offline address book Default Offline Address List: write offLineABServer"],
        ..NOTHING
    },
    Change {
        name: "the target may not move the address book's folders",
        rows: &["C-17"],
        steps: &[Revoke("TGTMAIL$", "siteFolderServer", "$OAB")],
        seen: &["pair.exchange.oabs.sd"],
        expect: &[("exchange/address-book-denied", OAB_OF_TARGET, FIXABLE)],
        says: &["TGTMAIL lacks"],
        ..NOTHING
    },
    Change {
        name: "both are denied what they were granted",
        rows: &["C-16", "C-17"],
        steps: &[Ace("(OD;;WP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;WD)", "$OAB")],
        expect: &[
            ("exchange/address-book-denied", OAB_OF_SOURCE, FIXABLE),
            ("exchange/address-book-denied", OAB_OF_TARGET, FIXABLE),
        ],
        says: &["TGTMAIL lacks on offline address book Default Offline Address List: write offLineABServer"],
        ..NOTHING
    },
    Change {
        name: "the target has its right to the address book through a group in a group",
        steps: &[
            Revoke("TGTMAIL$", "offLineABServer", "$OAB"),
            Set(
                "CN=DR Nested,CN=Users,$DOMAIN",
                "member",
                &["CN=svcdr,CN=Users,$DOMAIN", TARGET_ACCOUNT],
            ),
            Ace(
                "(OA;;RPWP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;$OPERATORS_SID)",
                "$OAB",
            ),
        ],
        seen: &["pair.exchange.oabs.sd", "target.directory.actor_sids"],
        ..NOTHING
    },
    Change {
        name: "the group in the group is denied the right",
        rows: &["C-17"],
        steps: &[
            Set(
                "CN=DR Nested,CN=Users,$DOMAIN",
                "member",
                &["CN=svcdr,CN=Users,$DOMAIN", TARGET_ACCOUNT],
            ),
            Ace(
                "(OD;;WP;a8df743e-c5ea-11d1-bbcb-0080c76670c0;;$OPERATORS_SID)",
                "$OAB",
            ),
        ],
        seen: &["pair.exchange.oabs.sd", "target.directory.actor_sids"],
        expect: &[("exchange/address-book-denied", OAB_OF_TARGET, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the source has a second address book, which nobody may change",
        rows: &["C-16", "C-17"],
        steps: &[Add(
            "CN=Sales,CN=Offline Address Lists,$LISTS",
            "objectClass: msExchOAB\n\
             doOABVersion: 0\nmsExchOABFolder:: AAAAABqvDiEjRc0RqmYAAAAAAAA=\n\
             offLineABContainers: CN=Default Global Address List,CN=All Global Address Lists,$LISTS\n\
             offLineABSchedule:: AAAAAAAAAAAAAAAAAAAAAAAAAAAA\noffLineABStyle: 1\n\
             offLineABServer: $SOURCE\n",
        )],
        expect: &[
            ("exchange/address-book-denied", "source/Sales", FIXABLE),
            ("exchange/address-book-denied", "target/Sales", FIXABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "another server has the address book",
        steps: &[
            Set("$OAB", "offLineABServer", &["$TARGET"]),
            Set("$OAB", "siteFolderServer", &[]),
        ],
        expect: &[
            ("exchange/address-book-denied", OAB_OF_SOURCE, NOT_APPLICABLE),
            ("exchange/address-book-denied", OAB_OF_TARGET, NOT_APPLICABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "only the folders of the address book lie on the source",
        steps: &[Set("$OAB", "offLineABServer", &["$TARGET"])],
        seen: &["pair.exchange.oabs.server", "pair.exchange.oabs.folder_store"],
        ..NOTHING
    },
    Change {
        name: "the target may not change the source's principal names",
        rows: &["C-18"],
        steps: &[Revoke("TGTMAIL$", "servicePrincipalName", SOURCE_ACCOUNT)],
        expect: &[("common/source-spn-denied", "pair", FIXABLE)],
        says: &[
            "lacks on the computer object of SRCMAIL: validated servicePrincipalName, write servicePrincipalName",
        ],
        ..NOTHING
    },
    Change {
        name: "the target may not register the names on itself",
        rows: &["C-18"],
        steps: &[Revoke("TGTMAIL$", "servicePrincipalName", TARGET_ACCOUNT)],
        expect: &[("common/target-spn-denied", "pair", FIXABLE)],
        says: &["lacks on its own computer object: write servicePrincipalName"],
        ..NOTHING
    },
    Change {
        name: "the names may be written as members of their property set",
        steps: &[
            Revoke("TGTMAIL$", "servicePrincipalName", SOURCE_ACCOUNT),
            Ace(
                "(OA;;SW;f3a64788-5306-11d1-a9c5-0000f80367c1;;$TARGET_SID)",
                SOURCE_ACCOUNT,
            ),
            Ace(
                "(OA;;RPWP;e48d0154-bcf8-11d1-8702-00c04fb96050;;$TARGET_SID)",
                SOURCE_ACCOUNT,
            ),
        ],
        seen: &["source.directory.computer.sd"],
        ..NOTHING
    },
    Change {
        name: "a property set does not grant validated writes",
        rows: &["C-18"],
        steps: &[
            Revoke("TGTMAIL$", "servicePrincipalName", SOURCE_ACCOUNT),
            Ace(
                "(OA;;SWRPWP;e48d0154-bcf8-11d1-8702-00c04fb96050;;$TARGET_SID)",
                SOURCE_ACCOUNT,
            ),
        ],
        expect: &[("common/source-spn-denied", "pair", FIXABLE)],
        says: &["SRCMAIL: validated servicePrincipalName"],
        ..NOTHING
    },
    Change {
        name: "the target may not make routing groups",
        rows: &["C-19"],
        steps: &[Revoke("TGTMAIL$", "msExchRoutingGroupContainer", "$ROUTING")],
        expect: &[("exchange/routing-master-denied", ROUTING_GROUPS, FIXABLE)],
        says: &["Routing Groups: create msExchRoutingGroupContainer, delete msExchRoutingGroupContainer"],
        ..NOTHING
    },
    Change {
        name: "the target may not change the members of the routing group",
        rows: &["C-19"],
        steps: &[Revoke("TGTMAIL$", "msExchRoutingGroupMembersDN", "$ROUTING")],
        seen: &["pair.exchange.routing_objects.sd"],
        expect: &[("exchange/routing-master-denied", ROUTING_GROUP, FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the target may not become master",
        rows: &["C-19"],
        steps: &[Revoke("TGTMAIL$", "msExchRoutingMasterDN", "$ROUTING")],
        seen: &["pair.exchange.routing_objects.sd"],
        expect: &[("exchange/routing-master-denied", ROUTING_GROUP, FIXABLE)],
        says: &["lacks on First Routing Group: write msExchRoutingMasterDN"],
        ..NOTHING
    },
    Change {
        name: "the target is master already",
        steps: &[Set(
            "CN=First Routing Group,$ROUTING",
            "msExchRoutingMasterDN",
            &["$TARGET"],
        )],
        expect: &[
            ("exchange/routing-master-denied", ROUTING_GROUP, GONE),
            ("exchange/routing-master-denied", ROUTING_GROUPS, GONE),
            ("exchange/routing-master-denied", "pair", NOT_APPLICABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "the target may not take over an update service",
        rows: &["C-20"],
        steps: &[Revoke("TGTMAIL$", "msExchAddressListServiceLink", "$RUS")],
        expect: &[("exchange/update-service-denied", RUS_OF_DOMAIN, ERROR)],
        ..NOTHING
    },
    Change {
        name: "the target has full control of an update service instead",
        steps: &[
            Revoke("TGTMAIL$", "msExchAddressListServiceLink", SECOND_RUS),
            Ace("(A;;GA;;;$TARGET_SID)", SECOND_RUS),
        ],
        seen: &["pair.exchange.update_services.sd"],
        ..NOTHING
    },
    Change {
        name: "another server runs an update service",
        steps: &[Set("$RUS", "msExchAddressListServiceLink", &["$TARGET"])],
        expect: &[("exchange/update-service-denied", RUS_OF_DOMAIN, NOT_APPLICABLE)],
        ..NOTHING
    },
    Change {
        name: "the source may not change the administrative group",
        rows: &["C-83"],
        steps: &[Revoke("SRCMAIL$", "siteFolderServer", "$GROUP")],
        seen: &["source.exchange.admin_group.sd"],
        expect: &[("exchange/admin-group-denied", "source", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the target may not change the administrative group",
        rows: &["C-83"],
        steps: &[Revoke("TGTMAIL$", "siteFolderServer", "$GROUP")],
        seen: &["source.exchange.admin_group.sd"],
        expect: &[("exchange/admin-group-denied", "target", FIXABLE)],
        ..NOTHING
    },
    Change {
        name: "the target is denied to change the administrative group",
        rows: &["C-83"],
        steps: &[Ace(
            "(OD;;WP;a8df7478-c5ea-11d1-bbcb-0080c76670c0;;$TARGET_SID)",
            "$GROUP",
        )],
        seen: &["source.exchange.admin_group.sd"],
        expect: &[("exchange/admin-group-denied", "target", FIXABLE)],
        says: &["write siteFolderServer"],
        ..NOTHING
    },
    Change {
        name: "the target's engine runs as somebody who may do nothing",
        rows: &["C-17", "C-18", "C-19", "C-20", "C-83"],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { target: CORP\\svcdr }\n",
        )],
        expect: &[
            ("common/source-spn-denied", "pair", FIXABLE),
            ("common/target-spn-denied", "pair", FIXABLE),
            ("exchange/address-book-denied", OAB_OF_TARGET, FIXABLE),
            ("exchange/routing-master-denied", ROUTING_GROUP, FIXABLE),
            ("exchange/routing-master-denied", ROUTING_GROUPS, FIXABLE),
            ("exchange/update-service-denied", RUS_OF_DOMAIN, ERROR),
            ("exchange/update-service-denied", RUS_OF_FOREST, ERROR),
            ("exchange/admin-group-denied", "target", FIXABLE),
        ],
        ..NOTHING
    },
    Change {
        name: "that somebody has every right through a group in a group",
        steps: &[
            Ace("(A;;GA;;;$OPERATORS_SID)", SOURCE_ACCOUNT),
            Ace("(A;;GA;;;$OPERATORS_SID)", TARGET_ACCOUNT),
            Ace("(A;;GA;;;$OPERATORS_SID)", "$OAB"),
            Ace("(A;CI;GA;;;$OPERATORS_SID)", "$ROUTING"),
            Ace("(A;;GA;;;$OPERATORS_SID)", "$RUS"),
            Ace("(A;;GA;;;$OPERATORS_SID)", SECOND_RUS),
            Ace("(A;;GA;;;$OPERATORS_SID)", "$GROUP"),
        ],
        pair: &[(
            "settings:\n",
            "settings:\n  engine.account: { target: CORP\\svcdr }\n",
        )],
        seen: &[
            "target.directory.actor_sids",
            "source.directory.computer.sd",
            "target.directory.computer.sd",
            "pair.exchange.oabs.sd",
            "pair.exchange.routing_objects.sd",
            "pair.exchange.update_services.sd",
            "source.exchange.admin_group.sd",
        ],
        ..NOTHING
    },
    Change {
        name: "a right to the children only is none to the object",
        rows: &["C-83"],
        steps: &[
            Revoke("SRCMAIL$", "siteFolderServer", "$GROUP"),
            Ace(
                "(OA;CIIO;RPWP;a8df7478-c5ea-11d1-bbcb-0080c76670c0;;$SID-1103)",
                "$GROUP",
            ),
        ],
        // the children of the group include the routing groups
        seen: &[
            "source.exchange.admin_group.sd",
            "pair.exchange.routing_objects.sd",
        ],
        expect: &[("exchange/admin-group-denied", "source", FIXABLE)],
        ..NOTHING
    },
];
