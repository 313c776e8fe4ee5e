use super::*;
use crate::facts::acl::{Access, RawAce};
use crate::facts::rights::{READ_PROPERTY, WRITE_PROPERTY};
use crate::facts::{Acl, Guid};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const HELD: Sid = Sid::ADMINISTRATORS;
const OF_OTHERS: Sid = Sid::LOCAL_SYSTEM;

fn guid(number: u8) -> Guid {
    Guid::from_wire([number; 16])
}

fn right() -> Right {
    Right {
        mask: WRITE_PROPERTY,
        object: Some(guid(1)),
        property_set: Some(guid(2)),
    }
}

/// An entry, and whether it depends on a condition.
fn any_entry() -> impl Strategy<Value = (Access, bool)> {
    let effect = select(vec![Effect::Allow, Effect::Deny]);
    let flags = select(vec![0, 0, 0, 0x08, 0x12]);
    let mask = select(vec![WRITE_PROPERTY, READ_PROPERTY, 0x1000_0000, 0x4000_0000]);
    let object = select(vec![None, None, Some(guid(1)), Some(guid(2)), Some(guid(3))]);
    let sid = select(vec![HELD, HELD, Sid::EVERYONE, OF_OTHERS]);
    let access = (effect, flags, mask, object, sid).prop_map(|(effect, flags, mask, object, sid)| Access {
        effect,
        flags,
        mask,
        object,
        inherited: None,
        sid,
    });
    (access, any::<bool>())
}

fn decide(aces: Vec<Ace>) -> Result<bool, Undecidable> {
    let acl = Acl {
        owner: None,
        group: None,
        dacl: Dacl::Entries {
            control: 0,
            aces: aces.into(),
        },
    };
    acl.lacking(&[HELD], None, &[right()])
        .map(|lacking| lacking.is_empty())
}

/// The rule written as plainly as it can be.
fn plainly(entries: &[&Access]) -> bool {
    let fits = |access: &&&Access| {
        access.flags & 0x08 == 0
            && [HELD, Sid::EVERYONE].contains(&access.sid)
            && access.mask != READ_PROPERTY
            && access.object != Some(guid(3))
    };
    entries
        .iter()
        .find(fits)
        .is_some_and(|access| access.effect == Effect::Allow)
}

proptest! {
    #[test]
    fn an_answer_holds_whatever_the_conditions_turn_out_to_be(entries in vec(any_entry(), 0..7)) {
        let conditions = entries.iter().filter(|(_, conditional)| *conditional).count();
        let outcomes: BTreeSet<bool> = (0..1_u32 << conditions)
            .map(|met| {
                let mut answers = (0..).map(|place| met >> place & 1 == 1);
                let valid = entries.iter().filter(|(_, conditional)| !conditional || answers.next().unwrap());
                plainly(&valid.map(|(access, _)| access).collect::<Vec<_>>())
            })
            .collect();
        let aces = entries.iter().cloned().map(|(access, conditional)| {
            if conditional { Ace::Conditional(access, RawAce([0x09, 0, 4, 0].into())) } else { Ace::Plain(access) }
        });
        let open = BTreeSet::from([false, true]);
        let possible = decide(aces.collect()).map_or(open, |granted| BTreeSet::from([granted]));
        prop_assert_eq!(possible, outcomes);
    }
}
