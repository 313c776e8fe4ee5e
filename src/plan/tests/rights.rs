//! Rights on one object are one write, however many accounts get them.

use super::*;

const SHUT_OUT: &str = r#"
  - id: own/shut-out
    title: a
    section: a
    expect: target.own.engine == "up"
    severity: error
    message: a
    why: a
    remedy: a
    fix: { use: own/let-in, with: { dn: 'dn("DC=a")', to: 'sid("S-1-5-18")', rights: '["read"]' } }
"#;
const LET_IN: &str = r#"
  - fix: own/let-in
    about: a
    inputs: { dn: dn, to: sid, rights: { list_of: text } }
    one_per: [dn]
    on: directory
    safety: confirm
    would: let them in
    sets: { target.own.engine: any }
    actions:
      - { for_each: asked, ldap: { grant: "{{ dn }}", to: item.to, rights: item.rights } }
      - { ldap: { modify: "{{ dn }}", replace: { description: '"a"' } } }
      - { for_each: asked, ldap: { grant: "{{ dn }}", to: item.to, rights: item.rights } }
      - { for_each: asked, ldap: { grant: "CN=b,{{ dn }}", to: item.to, rights: item.rights } }
    undo: [{ for_each: asked, ldap: { revoke: "{{ dn }}", to: item.to, rights: item.rights, before: item.was } }]
"#;

#[test]
fn rights_on_one_object_are_one_write() {
    let catalogue = catalogue_with(SHUT_OUT, LET_IN);
    let given = |sid: &str| {
        [
            FactValue::Dn("DC=a".parse().unwrap()),
            FactValue::Sid(sid.parse().unwrap()),
            FactValue::list(["read".into()]),
        ]
        .map(evaluate::Given::Value)
        .to_vec()
    };
    let spec = Spec {
        fix: "own/let-in".into(),
        here: None,
        given: vec![given("S-1-5-18"), given("S-1-5-19")],
    };
    let (facts, _) = found(&catalogue, &serde_json::json!({}), "up");
    let performing = Performing::new(&catalogue, &facts, &spec).unwrap();
    let known = Known {
        was: vec![vec![Ok("was".into())]; 2],
        read: Vec::new(),
    };
    let written = |which| {
        let doings = performing.doings(which, &known).unwrap();
        let words = |doing: &Doing| doing.details.iter().map(|(slot, _)| slot.clone()).collect();
        doings.iter().map(words).collect::<Vec<Vec<String>>>()
    };
    assert_eq!(
        written(Which::Actions),
        [
            &["grant", "to", "rights", "to", "rights"][..],
            &["modify", "replace description"],
            &["grant", "to", "rights", "to", "rights"],
            &["grant", "to", "rights", "to", "rights"],
        ]
    );
    let back = ["revoke", "to", "rights", "before", "to", "rights", "before"];
    assert_eq!(written(Which::Undo), [back]);
}

/// At load nobody sees the name of an attribute that is filled in.
#[test]
fn an_attribute_that_decides_who_gets_in_is_not_filled_in_unasked() {
    let write = |attribute: &str, safety: &str| {
        let fix = format!(
            r#"
  - fix: own/write
    about: a
    inputs: {{ attribute: text }}
    on: directory
    safety: {safety}
    would: write {{{{ attribute }}}}
    sets: {{ target.own.engine: any }}
    actions: [{{ ldap: {{ modify: DC=a, replace: {{ for_each: list(attribute), attribute: "{{{{ item }}}}", value: '"a"' }} }} }}]
    no_undo: a
"#
        );
        let rule = SHUT_OUT.replace(
            "use: own/let-in, with: { dn: 'dn(\"DC=a\")', to: 'sid(\"S-1-5-18\")', rights: '[\"read\"]' }",
            &format!("use: own/write, with: {{ attribute: '\"{attribute}\"' }}"),
        );
        let catalogue = catalogue_with(&rule, &fix);
        let (facts, judged) = found(&catalogue, &serde_json::json!({}), "down");
        let plan = plan(&Basis {
            catalogue: &catalogue,
            facts: &facts,
            findings: &judged.findings,
        });
        let plan = plan.unwrap();
        let refused = plan.left.first().map(|left| format!("{:?}", left.because));
        assert_eq!(plan.steps.len(), usize::from(refused.is_none()));
        refused
    };
    assert_eq!(write("description", "confirm"), None);
    assert_eq!(write("Member", "destructive"), None);
    let refused = write("Member", "confirm").unwrap();
    assert!(
        refused.contains("`Member`") && refused.contains("destructive"),
        "{refused}"
    );
}
