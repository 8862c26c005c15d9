//! Making a bare repository with one commit in it.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use super::backend::git;

/// Makes `<root>/<path>.git` with a `README.md` on `main`.
pub(crate) async fn create(root: &Path, home: &Path, path: &str, seconds: i64) -> io::Result<()> {
    let directory = root.join(format!("{path}.git"));
    let mut init = git(home);
    init.args([
        "init",
        "--quiet",
        "--bare",
        "--template=",
        "--initial-branch=main",
    ])
    .arg(&directory);
    checked(init.status().await?.success(), "git init")?;

    let readme = format!("# {path}\n\nA repository of the simulated GitLab.\n");
    let message = "Add a readme\n";
    let stream = format!(
        "commit refs/heads/main\ncommitter Ada Lovelace <ada@example.test> {seconds} +0000\ndata {}\n{message}\
         M 100644 inline README.md\ndata {}\n{readme}\ndone\n",
        message.len(),
        readme.len()
    );
    let mut import = git(home);
    import
        .arg("--git-dir")
        .arg(&directory)
        .args(["fast-import", "--quiet", "--done"])
        .stdin(Stdio::piped());
    let mut child = import.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(stream.as_bytes()).await?;
        stdin.shutdown().await?;
    }
    checked(child.wait().await?.success(), "git fast-import")
}

fn checked(success: bool, what: &str) -> io::Result<()> {
    if success {
        Ok(())
    } else {
        Err(io::Error::other(format!("{what} failed")))
    }
}
