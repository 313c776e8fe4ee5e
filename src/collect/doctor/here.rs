//! This machine: whom it asks for names, and whether it finds the two servers where the pair file says.

use super::{Health, LOOK_UP, Look, Looks, addresses};
use crate::pair::{Pair, Server};
use crate::transport::local;

pub(super) async fn examine(pair: &Pair) -> Vec<Look> {
    let mut looks = Looks::at("this machine");
    match local::resolvers().await {
        Ok(rows) if rows.is_empty() => {
            looks.warn(
                "resolvers",
                "asks no DNS server",
                "set the DNS servers of this machine",
            );
        }
        Ok(rows) => looks.good("resolvers", format!("asks {}", addresses(&rows).join(", "))),
        Err(why) => looks.absent("resolvers", Health::Unknown, &why),
    }
    for (what, server) in [("source", &pair.source), ("target", &pair.target)] {
        server_found(what, server, &mut looks).await;
    }
    looks.looks
}

async fn server_found(what: &'static str, server: &Server, looks: &mut Looks) {
    let name = match &server.domain {
        Some(domain) => format!("{}.{domain}", server.name.value),
        None => server.name.value.clone(),
    };
    let wanted = server.address.value;
    match local::resolve(&name, LOOK_UP).await {
        Ok(rows) if rows.is_empty() => {
            let next = "nothing hinders a check, unless a probe asks the server by its name";
            looks.warn(what, format!("this machine finds no address of {name}"), next);
        }
        Ok(rows) => {
            let found = addresses(&rows);
            let expected = server
                .addresses
                .iter()
                .any(|address| found.contains(&address.to_string()));
            let told = format!("{name} is {}", found.join(", "));
            if expected {
                looks.good(what, told);
            } else {
                let next = "correct the address in the pair file, or the record in DNS";
                looks.warn(what, format!("{told}, but the pair file says {wanted}"), next);
            }
        }
        Err(why) => looks.absent(what, Health::Unknown, &why),
    }
}
