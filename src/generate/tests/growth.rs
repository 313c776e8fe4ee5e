//! One step of many costs what one of few does.

use super::*;

/// The processor time of this thread so far.
fn processor() -> std::time::Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    std::time::Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// The names of so many jobs.
fn jobs(number: usize) -> Vec<String> {
    (0..number).map(|number| format!("job{number:04}")).collect()
}

/// The least that it takes.
fn least<T>(task: impl Fn() -> T) -> std::time::Duration {
    let once = || {
        let before = processor();
        std::hint::black_box(task());
        processor().checked_sub(before).unwrap()
    };
    (0..3).map(|_| once()).min().unwrap()
}

/// Size and processor time of one of so many steps.
fn one_of(number: usize, times: u32) -> (usize, std::time::Duration) {
    let names = jobs(number);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    with(&names, |made, written, _| {
        let templates = Templates::with(&BTreeMap::new()).unwrap();
        let took = least(|| {
            for language in [Language::ALL].repeat(times as usize).concat() {
                let script = made.runbook.script.as_ref().unwrap();
                let text = assemble::script(made, script, language, &sites(), &templates);
                std::hint::black_box(text.unwrap());
            }
        });
        let steps = made.steps.len();
        let took = took / times / u32::try_from(steps).unwrap();
        (
            written.iter().map(|script| script.text.len()).sum::<usize>() / steps,
            took,
        )
    })
}

/// What putting one step before so many others takes in scripts that somebody edited, for each step.
fn one_merged_of(number: usize) -> std::time::Duration {
    let names = jobs(number);
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let was = with(&names, |_, written, _| written.to_vec());
    names.insert(0, "a");
    let (new, steps) = with(&names, |made, written, _| (written.to_vec(), made.steps.len()));
    let mut manifest = Manifest::default();
    settle(&was, &Existing::default(), &mut manifest, false);
    let written: BTreeMap<_, _> = was.into_iter().map(|script| (script.name, script.text)).collect();
    let edited = |(name, text): (&String, &String)| (name.clone(), format!("{text}rem mine\r\n"));
    let existing = Existing {
        manifest: Some(manifest),
        files: written.iter().map(edited).collect(),
        written,
    };
    let settled = || settle(&new, &existing, &mut Manifest::default(), true);
    let fates: Vec<Fate> = settled().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Merged, Fate::Merged, Fate::Kept]);
    least(settled) / u32::try_from(steps).unwrap()
}

#[test]
fn one_of_many_steps_costs_what_one_of_few_does() {
    let (few, many) = (one_of(20, 40), one_of(800, 1));
    assert!(many.0 < few.0, "{few:?} {many:?}");
    assert!(many.1 < few.1 * 3, "{few:?} {many:?}");
}

#[test]
fn merging_one_of_many_steps_costs_what_one_of_few_does() {
    let (few, many) = (one_merged_of(50), one_merged_of(800));
    assert!(many < few * 3, "{few:?} {many:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever a site writes as a template, it is told what is wrong with it, or scripts come of it.
    #[test]
    fn templates_of_a_site_are_refused_or_filled(
        name in prop::sample::select(vec!["cmd/service-stop.cmd", "cmd/step.cmd", "cmd/frame.cmd", "powershell/step.ps1", "powershell/service-stop.ps1"]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "{{ object }}", "{{ number }}", "{{ title }}", "{{ nothing }}", "{{ check }}", "{{", "}}", "{% for x in check %}", "{% for x in params %}",
            "{{ x }}", "{% endfor %}", "{% if host %}", "{% if fence %}", "{% else %}", "{% endif %}", "{# a", "{% raw %}", "\n", "\n# ---\n",
            "\n# <set>\n", "\n# <test>\n", "\nrem <set>\n", "\nrem <steps>\n", "'", "\"", "%", "\u{202e}",
        ]), 0..14),
    ) {
        let own = BTreeMap::from([(name.to_owned(), parts.concat())]);
        match Templates::with(&own) {
            Err(wrong) => prop_assert!(wrong.iter().all(|told| told.starts_with(name)), "{wrong:?}"),
            Ok(templates) => FILLED.with(|catalogue| {
                of(catalogue, &["one"], |made, _, _| {
                    let (written, unwritten) = scripts(made, &sites(), &templates);
                    assert!(written.len() + unwritten.len() >= 2);
                });
            }),
        }
    }
}

thread_local! {
    static FILLED: Catalogue = catalogue();
}
