//! Addresses, subnets and names of the network.

use std::net::IpAddr;

use super::text::parsed;
use super::{Fault, Function, Outcome, Param, Ty, as_int, as_text, wrong};
use crate::facts::{FactType, FactValue};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "ip",
        call: "ip(text)",
        about: "The IP address that the text is.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::Is(FactType::Ip),
        run: |_, args| parsed(&FactType::Ip, &args[0]),
    },
    Function {
        name: "subnet",
        call: "subnet(text)",
        about: "The subnet that the text is, as address/length.",
        params: &[Param::Anything],
        optional: 0,
        result: |_| Ty::Is(FactType::Subnet),
        run: |_, args| parsed(&FactType::Subnet, &args[0]),
    },
    Function {
        name: "covers",
        call: "covers(subnet, ip)",
        about: "Whether the address lies in the subnet.",
        params: &[Param::Subnet, Param::Ip],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| match &args[0] {
            FactValue::Subnet(net) => Ok(net.contains(&as_ip(&args[1])?).into()),
            other => Err(wrong("a subnet", other)),
        },
    },
    Function {
        name: "narrowest",
        call: "narrowest(subnets, ip)",
        about: "The smallest of the subnets that hold the address; () when none does.",
        params: &[Param::List, Param::Ip],
        optional: 0,
        result: |_| Ty::Is(FactType::Subnet),
        run: narrowest,
    },
    Function {
        name: "reverse_name",
        call: "reverse_name(ip)",
        about: "The name under which DNS keeps the address: 11.0.0.127.in-addr.arpa.",
        params: &[Param::Ip],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |_, args| Ok(FactValue::text(reverse_name(as_ip(&args[0])?))),
    },
    Function {
        name: "labels",
        call: "labels(name, n)",
        about: "The DNS name without its first n labels and without a dot at its end.",
        params: &[Param::Text, Param::Int],
        optional: 0,
        result: |_| Ty::TEXT,
        run: labels,
    },
    Function {
        name: "same_name",
        call: "same_name(a, b)",
        about: "Whether two DNS names are one: case and a dot at the end do not count.",
        params: &[Param::Text, Param::Text],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| {
            let fold = |name: &str| name.trim_end_matches('.').to_lowercase();
            Ok((fold(as_text(&args[0])?) == fold(as_text(&args[1])?)).into())
        },
    },
];

fn as_ip(value: &FactValue) -> Result<IpAddr, Fault> {
    match value {
        FactValue::Ip(ip) => Ok(*ip),
        other => Err(wrong("an ip", other)),
    }
}

fn narrowest(budget: &super::Budget, args: &[FactValue]) -> Outcome {
    let ip = as_ip(&args[1])?;
    let mut best: Option<ipnet::IpNet> = None;
    for item in super::items_of(budget, &args[0])? {
        let FactValue::Subnet(net) = item else {
            return Err(wrong("a subnet", item));
        };
        if net.contains(&ip) && best.is_none_or(|b| net.prefix_len() > b.prefix_len()) {
            best = Some(*net);
        }
    }
    Ok(best.map_or(FactValue::Nothing, FactValue::Subnet))
}

fn reverse_name(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles: Vec<String> = v6
                .octets()
                .iter()
                .rev()
                .flat_map(|b| [b & 15, b >> 4])
                .map(|n| format!("{n:x}"))
                .collect();
            format!("{}.ip6.arpa", nibbles.join("."))
        }
    }
}

fn labels(_: &super::Budget, args: &[FactValue]) -> Outcome {
    let (name, n) = (as_text(&args[0])?, as_int(&args[1])?);
    let n = usize::try_from(n).map_err(|_| Fault::mixed("the number of labels cannot be negative"))?;
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').skip(n).collect();
    Ok(FactValue::text(labels.join(".")))
}
