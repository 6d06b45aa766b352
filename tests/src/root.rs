//! A small Debian system of its own, in which a test installs and removes packages. `tests/roots/make`
//! makes it once (`./dev setup` runs that); here it is only unpacked.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::process::output;

/// An unpacked system; it goes with the test.
pub struct Root {
    folder: TempDir,
}

impl Root {
    /// Unpacks the system of this name: `base` or `tools`.
    pub fn unpack(name: &str) -> Self {
        let archives = archives();
        let archive = archives.join(format!("{name}.tar.gz"));
        assert!(
            archive.exists(),
            "{} is missing: run `./dev setup`, which makes it",
            archive.display()
        );
        // Not in /tmp, which may allow no programs.
        let folder = tempfile::tempdir_in(&archives).expect("a temporary directory");
        let root = Self { folder };
        let unpacked = output(
            as_root("tar")
                .args(["--numeric-owner", "-xpzf"])
                .arg(&archive)
                .arg("-C")
                .arg(root.path()),
        );
        assert!(unpacked.status.success(), "{unpacked:?}");
        root
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file into it.
    pub fn copy(&self, from: &Path, to: &str) {
        let to = self.path().join(to.trim_start_matches('/'));
        let done = output(as_root("cp").arg(from).arg(to));
        assert!(done.status.success(), "{done:?}");
    }

    /// A command of root's there.
    pub fn command(&self, words: &[impl AsRef<OsStr>]) -> Command {
        self.command_as("root", words)
    }

    /// A command of an account there, with a bare environment, as a service has it.
    pub fn command_as(&self, account: &str, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = as_root("unshare");
        // The folder of processes is there for this command alone, and ends with it.
        command
            .args(["--mount", "bash", "-c"])
            .arg("mount -t proc proc \"$0/proc\" && exec chroot --userspec=\"$1:\" \"$0\" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \"${@:2}\"")
            .arg(self.path())
            .arg(account)
            .args(words);
        command
    }

    /// Runs a command of root's that must succeed; what it printed.
    pub fn run(&self, words: &[impl AsRef<OsStr>]) -> String {
        succeeded(&mut self.command(words))
    }

    /// The same for an account.
    pub fn run_as(&self, account: &str, words: &[impl AsRef<OsStr>]) -> String {
        succeeded(&mut self.command_as(account, words))
    }

    /// Runs a command of root's, however it ends.
    pub fn try_run(&self, words: &[impl AsRef<OsStr>]) -> Output {
        output(&mut self.command(words))
    }

    /// The text of a file there.
    pub fn read(&self, path: &str) -> String {
        self.run(&["cat", path])
    }

    /// Whether there is something of this name.
    pub fn has(&self, path: &str) -> bool {
        self.try_run(&["test", "-e", path]).status.success()
    }

    /// Owner, rights and kind of everything there, by path; of files the digest too. What package
    /// managers keep for themselves is left out.
    pub fn everything(&self) -> BTreeMap<String, String> {
        let list = self.run(&[
            "sh",
            "-c",
            "cd / && find . -xdev \\( -path ./proc -o -path ./var/lib/dpkg -o -path ./root/.rpmdb \
             -o -path ./var/cache -o -path ./var/log -o -path ./tmp -o -path ./run \\) -prune -o \
             -printf '%p\\t%u:%g %m %y %l\\n'; \
             find ./etc -type f -exec md5sum {} + | sed 's/\\(.*\\)  \\(.*\\)/\\2 text\\t\\1/'",
        ]);
        list.lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(path, what)| (path.to_owned(), what.to_owned()))
            .collect()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Its files are root's.
        let mut command = as_root("find");
        command.arg(self.path()).args(["-mindepth", "1", "-delete"]);
        let _leaves_rubbish_at_worst = command.output();
    }
}

/// A command with root's rights: at once, or by a `sudo` that asks nothing.
fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    command
}

fn succeeded(command: &mut Command) -> String {
    let out = output(command);
    assert!(
        out.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).expect("text")
}

/// The folder in which `tests/roots/make` leaves the systems.
fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/roots")
}
