//! Documents for people's eyes.

use darkreach_update::{
    Unverified,
    document::{Release, Root},
};

/// The signed part as it is; what is no text is marked.
pub(crate) fn payload(document: &Unverified) -> String {
    let text = String::from_utf8_lossy(document.payload());
    // Nothing that is signed may steer the terminal of the one who reads it.
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '?' } else { c })
        .collect()
}

/// A release in a few lines.
pub(crate) fn release(release: &Release) -> String {
    let order = if release.downgrade {
        ", also in place of newer versions"
    } else {
        ""
    };
    format!(
        "{} (epoch {}, sequence {}): version {} to {} % of the nodes{order}; whoever runs less than \
         {} takes it at once; {} files",
        release.channel,
        release.epoch,
        release.sequence,
        release.version,
        release.rollout,
        release.minimum_version,
        release.artifacts.len()
    )
}

/// A root in a few lines.
pub(crate) fn root(root: &Root) -> String {
    let mut text = format!("root version {}", root.version);
    for name in Root::ROLES {
        let role = root.role(name);
        let keys: Vec<String> = role.keys.iter().map(|k| k.id().to_string()).collect();
        text.push_str(&format!(
            "\n  {}: {} of {} (epoch {})",
            name.name(),
            role.threshold,
            keys.join(", "),
            role.epoch
        ));
    }
    text
}
