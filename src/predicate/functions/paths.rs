//! Paths of Windows servers.

use super::text::parsed;
use super::{Fault, Function, Outcome, Param, Ty, as_record, field_of, items_of};
use crate::facts::{FactType, FactValue, WinPath};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "path",
        call: "path(text)",
        about: "The path that the text is.",
        params: &[Param::Path],
        optional: 0,
        result: |_| Ty::Is(FactType::Path),
        run: |_, args| parsed(&FactType::Path, &args[0]),
    },
    Function {
        name: "same_path",
        call: "same_path(a, b[, drive_map])",
        about: "Whether two paths are one; a drive map (list of {source, target}) is applied to the first.",
        params: &[Param::Path, Param::Path, Param::List],
        optional: 1,
        result: |_| Ty::BOOL,
        run: same_path,
    },
    Function {
        name: "mapped",
        call: "mapped(path, drive_map)",
        about: "The path as it is on the target: its longest prefix in the drive map replaced.",
        params: &[Param::Path, Param::List],
        optional: 0,
        result: |_| Ty::Is(FactType::Path),
        run: |budget, args| Ok(FactValue::Path(mapped(budget, &as_path(&args[0])?, &args[1])?)),
    },
    Function {
        name: "folder",
        call: "folder(path)",
        about: "The folder that holds the file or folder; () for a drive.",
        params: &[Param::Path],
        optional: 0,
        result: |_| Ty::Is(FactType::Path),
        run: |_, args| {
            Ok(as_path(&args[0])?
                .folder()
                .map_or(FactValue::Nothing, FactValue::Path))
        },
    },
    Function {
        name: "drive",
        call: "drive(path)",
        about: "The drive of a local path, `E:`; () for a share.",
        params: &[Param::Path],
        optional: 0,
        result: |_| Ty::TEXT,
        run: |_, args| {
            Ok(as_path(&args[0])?
                .drive()
                .map_or(FactValue::Nothing, FactValue::text))
        },
    },
    Function {
        name: "under",
        call: "under(path, folder)",
        about: "Whether the path is the folder or lies below it.",
        params: &[Param::Path, Param::Path],
        optional: 0,
        result: |_| Ty::BOOL,
        run: |_, args| Ok(as_path(&args[0])?.is_under(&as_path(&args[1])?).into()),
    },
    Function {
        name: "selected",
        call: "selected(paths, rules)",
        about: "Those of the paths that rules (list of {path, include, recursive}) take in: the deepest rule that covers a path decides.",
        params: &[Param::List, Param::Collection],
        optional: 0,
        result: |args| args[0].clone(),
        run: selected,
    },
];

fn as_path(value: &FactValue) -> Result<WinPath, Fault> {
    match parsed(&FactType::Path, value)? {
        FactValue::Path(path) => Ok(path),
        other => Err(super::wrong("a path", &other)),
    }
}

fn same_path(budget: &super::Budget, args: &[FactValue]) -> Outcome {
    let (a, b) = (as_path(&args[0])?, as_path(&args[1])?);
    let mapped = match args.get(2) {
        Some(map) => mapped(budget, &a, map)?,
        None => a,
    };
    Ok((mapped == b).into())
}

/// The path with its longest matching prefix replaced as the drive map says.
fn mapped(budget: &super::Budget, path: &WinPath, map: &FactValue) -> Result<WinPath, Fault> {
    let mut best: Option<(WinPath, WinPath)> = None;
    for entry in items_of(budget, map)? {
        let entry = as_record(entry)?;
        let (from, to) = (
            as_path(field_of(entry, "source")?)?,
            as_path(field_of(entry, "target")?)?,
        );
        let longer = best
            .as_ref()
            .is_none_or(|(other, _)| from.folded().len() > other.folded().len());
        if path.is_under(&from) && longer {
            best = Some((from, to));
        }
    }
    let Some((from, to)) = best else {
        return Ok(path.clone());
    };
    // Folding keeps the number of parts, so the rest is what follows as many parts as the prefix has.
    let parts = from.folded().trim_end_matches('\\').split('\\').count();
    let rest: Vec<&str> = path.as_str().split(['\\', '/']).skip(parts).collect();
    let to = to.as_str().trim_end_matches(['\\', '/']);
    Ok(WinPath::new(&if rest.is_empty() {
        to.to_owned()
    } else {
        format!("{to}\\{}", rest.join("\\"))
    }))
}

fn selected(budget: &super::Budget, args: &[FactValue]) -> Outcome {
    let rules: Result<Vec<Selecting>, Fault> = items_of(budget, &args[1])?
        .into_iter()
        .map(Selecting::read)
        .collect();
    let rules = rules?;
    let mut taken = Vec::new();
    for item in items_of(budget, &args[0])? {
        budget.spend(rules.len() as u64)?;
        let path = as_path(item)?;
        let covering = rules.iter().filter(|rule| rule.covers(&path));
        if covering
            .max_by_key(|rule| rule.depth())
            .is_some_and(|rule| rule.include)
        {
            taken.push(item.clone());
        }
    }
    budget.list(taken)
}

/// One rule of a selection of files.
struct Selecting {
    path: WinPath,
    include: bool,
    recursive: bool,
}

impl Selecting {
    fn read(rule: &FactValue) -> Result<Self, Fault> {
        let rule = as_record(rule)?;
        let bool = |name: &str| match field_of(rule, name)? {
            FactValue::Bool(value) => Ok(*value),
            other => Err(super::wrong("yes or no", other)),
        };
        Ok(Self {
            path: as_path(field_of(rule, "path")?)?,
            include: bool("include")?,
            recursive: bool("recursive")?,
        })
    }

    /// Whether the rule speaks of this path: its own, and what lies below it unless it is for one folder only.
    fn covers(&self, path: &WinPath) -> bool {
        *path == self.path || self.recursive && path.is_under(&self.path)
    }

    fn depth(&self) -> usize {
        self.path.folded().trim_end_matches('\\').split('\\').count()
    }
}
