//! The public workflows, as far as they can be judged without running them: what they build, whom they
//! trust, and whether the commands that they run are there.

// Helpers of tests are tests: what is not as expected must stop them.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_yaml_ng::Value;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The platforms of a release.
const PLATFORMS: [&str; 5] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-gnu",
    "x86_64-unknown-linux-gnu",
];

/// Actions of others, by the commits that were looked at.
const ACTIONS: [&str; 3] = [
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02",
    "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093",
];

struct Workflow {
    name: String,
    text: String,
    yaml: Value,
}

impl Workflow {
    fn jobs(&self) -> impl Iterator<Item = (&str, &Value)> {
        let jobs = self.yaml["jobs"].as_mapping().unwrap();
        jobs.iter().map(|(name, job)| (name.as_str().unwrap(), job))
    }

    /// The lines of shell of all steps, continued lines joined.
    fn commands(&self) -> Vec<String> {
        let steps = self.jobs().flat_map(|(_, job)| job["steps"].as_sequence());
        let runs = steps.flatten().filter_map(|step| step["run"].as_str());
        runs.flat_map(|run| {
            run.replace("\\\n", " ")
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
    }

    /// What a workflow starts on.
    fn starts_on(&self, event: &str) -> bool {
        let on = &self.yaml["on"];
        on.as_str() == Some(event) || on.get(event).is_some()
    }
}

fn workflows() -> Vec<Workflow> {
    let folder = Path::new(SOURCE).join(".github/workflows");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let yaml = serde_yaml_ng::from_str(&text);
        all.push(Workflow {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            yaml: yaml.unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            text,
        });
    }
    assert_eq!(all.len(), 4);
    all
}

fn workflow(name: &str) -> Workflow {
    workflows().into_iter().find(|w| w.name == name).unwrap()
}

#[test]
fn all_platforms_are_built_on_machines_of_their_own() {
    let build = workflow("build.yml");
    let (_, job) = build.jobs().next().unwrap();
    let rows = job["strategy"]["matrix"]["include"].as_sequence().unwrap();
    let field = |name: &str| -> BTreeSet<&str> {
        rows.iter().map(|row| row[name].as_str().unwrap()).collect()
    };
    assert_eq!(field("target"), PLATFORMS.into_iter().collect());
    // GMP is built for the machine that builds it.
    assert_eq!(field("runner").len(), PLATFORMS.len());
    for row in rows {
        let (target, runner) = (
            row["target"].as_str().unwrap(),
            row["runner"].as_str().unwrap(),
        );
        let arm = runner.ends_with("-arm") || runner == "macos-15";
        assert_eq!(target.starts_with("aarch64"), arm, "{target} on {runner}");
    }
    // The same list as the program's own.
    let own = fs::read_to_string(Path::new(SOURCE).join("release/src/build/mod.rs")).unwrap();
    for platform in PLATFORMS {
        assert!(own.contains(&format!("\"{platform}\"")), "{platform}");
    }
    for name in ["nightly.yml", "release.yml"] {
        let uses = workflow(name);
        let built = uses
            .jobs()
            .any(|(_, job)| job["uses"].as_str() == Some("./.github/workflows/build.yml"));
        assert!(built, "{name}");
    }
}

#[test]
fn strangers_get_no_secret_and_hardly_anybody_may_write() {
    for workflow in workflows() {
        let name = &workflow.name;
        let permissions = workflow.yaml["permissions"].as_mapping().unwrap();
        assert_eq!(permissions.len(), 1, "{name}");
        assert_eq!(workflow.yaml["permissions"]["contents"], "read", "{name}");
        // It would give strangers' code the rights of the project.
        assert!(!workflow.starts_on("pull_request_target"), "{name}");
        assert!(!workflow.text.contains("secrets: inherit"), "{name}");
        let secret = workflow.text.contains("secrets.");
        assert_eq!(secret, name == "nightly.yml", "{name}");
        if secret || name == "release.yml" {
            assert!(!workflow.starts_on("pull_request"), "{name}");
        }
        for (job, value) in workflow.jobs() {
            let wants = value.get("permissions");
            assert_eq!(wants.is_some(), job == "candidates", "{name}: {job}");
            let text = serde_yaml_ng::to_string(value).unwrap();
            if text.contains("secrets.") {
                // Only what is approved for the branch gets there.
                assert_eq!(value["environment"], "nightly", "{name}: {job}");
            }
        }
    }
    assert!(workflow("test.yml").starts_on("pull_request"));
    assert!(workflow("nightly.yml").starts_on("schedule"));
    // The only key that is ever there is good for nightly alone.
    let nightly = workflow("nightly.yml").text;
    let secrets: BTreeSet<&str> = nightly
        .split("secrets.")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    let expected = ["DARKREACH_NIGHTLY_KEY", "DARKREACH_NIGHTLY_TOKEN"];
    assert_eq!(secrets, expected.into_iter().collect());
}

#[test]
fn actions_of_others_are_named_by_commit_and_text_from_outside_is_no_script() {
    for workflow in workflows() {
        for line in workflow.text.lines().map(str::trim) {
            let Some(action) = line.trim_start_matches("- ").strip_prefix("uses: ") else {
                continue;
            };
            let action = action.split(" #").next().unwrap();
            let known = ACTIONS.contains(&action) || action.starts_with("./.github/workflows/");
            assert!(known, "{}: {action}", workflow.name);
        }
        // An expression inside a script is pasted into it; variables are not.
        for command in workflow.commands() {
            assert!(!command.contains("${{"), "{}: {command}", workflow.name);
        }
    }
}

/// `darkreach-release SUBCOMMAND --flag ..` as written in a workflow is something the program takes.
#[test]
fn the_commands_are_there() {
    let mut seen = BTreeSet::new();
    for workflow in workflows() {
        for command in workflow.commands() {
            for script in [".ci/run", ".github/tools", ".github/gather"] {
                if command.contains(script) {
                    assert!(Path::new(SOURCE).join(script).exists(), "{script}");
                    seen.insert(script.to_owned());
                }
            }
            let marks = [
                "darkreach-release -- ",
                "target/release/darkreach-release ",
                "\"$release\" ",
            ];
            for mark in marks {
                for call in command.split(mark).skip(1) {
                    let call = call.split(['|', ')', '>']).next().unwrap();
                    let mut words = call.split_whitespace();
                    let subcommand = words.next().unwrap();
                    let help = Command::new(env!("CARGO_BIN_EXE_darkreach-release"))
                        .args([subcommand, "--help"])
                        .output()
                        .unwrap();
                    assert!(help.status.success(), "{}: {command}", workflow.name);
                    let help = String::from_utf8(help.stdout).unwrap();
                    let flags =
                        words.filter_map(|w| w.split("--").nth(1).map(|f| f.trim_matches('"')));
                    for flag in flags {
                        assert!(help.contains(&format!("--{flag}")), "{command}: --{flag}");
                    }
                    seen.insert(subcommand.to_owned());
                }
            }
        }
    }
    for needed in [
        ".ci/run",
        ".github/gather",
        ".github/tools",
        "build",
        "draft",
        "notes",
        "publish",
        "sign",
        "status",
        "verify",
    ] {
        assert!(seen.contains(needed), "{needed}: {seen:?}");
    }
}

/// Folders as the machines of the workflow upload them become one, and a changed file is found.
#[test]
fn gathered_files_are_checked() {
    let desk = tempfile::tempdir().unwrap();
    let release = env!("CARGO_BIN_EXE_darkreach-release");
    let built = desk.path().join("built");
    for platform in ["one", "two"] {
        let folder = built.join(platform);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("darkreach-{platform}")), platform).unwrap();
        let sums = Command::new(release)
            .arg("sums")
            .arg(&folder)
            .output()
            .unwrap();
        assert!(sums.status.success(), "{sums:?}");
    }
    let gather = |to: &str| {
        let to = desk.path().join(to);
        let mut command = Command::new(Path::new(SOURCE).join(".github/gather"));
        let output = command
            .arg(&built)
            .arg(&to)
            .env("RELEASE", release)
            .output()
            .unwrap();
        (output, to)
    };
    let (output, to) = gather("good");
    assert!(output.status.success(), "{output:?}");
    let sums = fs::read_to_string(to.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 2, "{sums}");
    fs::write(built.join("two/darkreach-two"), "changed on the way").unwrap();
    let (output, _) = gather("bad");
    assert!(!output.status.success(), "{output:?}");
}
