//! What the server is told of this computer: enough to size its work, nothing that identifies it.

use darkreach_protocol::node::RegisterRequest;

/// This computer as a registration describes it.
pub fn describe(name: Option<String>, cores: usize) -> RegisterRequest {
    RegisterRequest {
        name,
        client_version: crate::version().to_owned(),
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
        cpu_model: cpu_model(),
        memory_bytes: memory_bytes(),
    }
}

fn cpu_model() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    let model = line.split_once(':')?.1.trim();
    Some(model.chars().take(100).collect())
}

fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}
