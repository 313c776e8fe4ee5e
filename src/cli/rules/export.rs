//! `standin rules export`: writes the shipped packs out, to be read or to begin a pack of one's own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Context, ExitStatus, Outcome, count};
use crate::catalogue::{PackFiles, embedded_packs};
use crate::cli::refusal::Refusal;
use crate::report::pretty;

/// Where the packs are written.
#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    /// The folder for the packs, one folder each; made when it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &ExportArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let packs = embedded_packs();
    let there: Vec<PathBuf> = packs
        .iter()
        .map(|pack| arguments.folder.join(&pack.folder))
        .filter(|folder| folder.exists())
        .collect();
    if let Some(folder) = there.first() {
        let refusal = Refusal::new(format!("{} is there already", folder.display()));
        return Err(refusal.next("choose an empty folder: nothing is written over"));
    }
    for pack in &packs {
        let folder = arguments.folder.join(&pack.folder);
        write(pack, &folder)
            .map_err(|error| Refusal::new(format!("cannot write {}: {error}", folder.display())))?;
    }
    let files = packs.iter().map(|pack| pack.files.len()).sum();
    let names: Vec<&str> = packs.iter().map(|pack| pack.folder.as_str()).collect();
    let shown = arguments.folder.display();
    context.answer(
        || {
            let wrote = count(packs.len(), "pack", "packs");
            format!(
                "wrote {wrote} ({}) with {} to {shown}",
                names.join(", "),
                count(files, "file", "files")
            )
        },
        || pretty(&json!({ "folder": shown.to_string(), "packs": names, "files": files })),
    );
    context.terminal.note(&format!(
        "use them with --rules {shown}; a pack there takes the place of the shipped one"
    ));
    Ok(ExitStatus::Good)
}

fn write(pack: &PackFiles, folder: &Path) -> io::Result<()> {
    for file in &pack.files {
        let path = folder.join(&file.path);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        fs::write(path, file.text.as_bytes())?;
    }
    Ok(())
}
