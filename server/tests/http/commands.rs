//! The program's other commands, and what they do beside a running server or without one.

use super::server::{Server, folder, program};

#[test]
fn commands_work_with_and_without_a_running_server() {
    let folder = folder();
    let data = folder.path().join("data");
    let list = || {
        let mut command = program();
        command
            .args(["job", "list", "--json", "--data-dir"])
            .arg(&data);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let before = list();
    let create = [
        "job", "create", "kbn", "--k", "1..200", "--n", "40", "--c", "1", "--json",
    ];
    let mut command = program();
    let output = command
        .args(create)
        .arg("--data-dir")
        .arg(&data)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let alone = list();
    assert_ne!(before, alone);
    let server = Server::run(&mut program(), &data, &[]);
    assert_eq!(
        list(),
        alone,
        "the same data through the running server's PostgreSQL"
    );
    drop(server);
}

#[test]
fn a_second_server_on_the_directory_is_refused() {
    let server = Server::start();
    let output = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    let words = format!("another darkreach-server (process {})", server.id());
    assert!(message.contains(&words), "{message}");
}

#[test]
fn a_taken_port_is_said_before_anything_is_started() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder();
    let data = folder.path().join("data");
    let mut command = program();
    command
        .args(["serve", "--listen", &address, "--data-dir"])
        .arg(&data);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains(&address) && message.contains("--listen"),
        "{message}"
    );
    assert!(!data.exists());
}

#[test]
fn the_licences_are_in_the_program() {
    let output = program().arg("licences").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for title in ["GNU LESSER GENERAL PUBLIC LICENSE", "Relinking", "rug"] {
        assert!(text.contains(title), "{title}");
    }
}
