# A folder from which podman, buildah or docker makes an image: a Containerfile and what it copies.

container() {
    [ $# = 4 ] || fail "container worker|server PROGRAM FOLDER"
    program_file "$3"
    case "$2" in
        worker | server) ;;
        *) fail "$2 is neither worker nor server" ;;
    esac
    mkdir -p "$4"
    install -m 755 "$3" "$4/$(container_program "$2")"
    echo "the container image" >"$4/darkreach.managed-by"
    "container_$2" >"$4/Containerfile"
    touch -d "@$SOURCE_DATE_EPOCH" "$4"/*
}

container_program() {
    if [ "$1" = server ]; then echo darkreach-server; else echo darkreach; fi
}

# Debian, because a worker trusts the authorities that the system trusts, and a program need not be
# static then. The number of the account is fixed, so that it owns its volume under any engine.
container_base() {
    cat <<TXT
FROM docker.io/library/debian:stable-slim
RUN ${3-}apt-get update && \\
    apt-get install -y --no-install-recommends $1 && \\
    rm -rf /var/lib/apt/lists/* && \\
    groupadd --gid $container_account $account && \\
    useradd --uid $container_account --gid $container_account --no-create-home --home-dir $2 --shell /usr/sbin/nologin $account && \\
    install -d -o $account -g $account -m 700 $2
TXT
}

container_worker() {
    cat <<TXT
# $summary
#
#   podman build --tag darkreach .
#   podman run --rm --volume darkreach:$data darkreach attach https://HOST
#   podman run --detach --init --name darkreach --volume darkreach:$data darkreach
$(container_base ca-certificates "$data")
COPY darkreach darkreach.managed-by /usr/local/bin/
USER $container_account:$container_account
ENV DARKREACH_DATA_DIR=$data
VOLUME $data
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s \\
    CMD ["sh", "-c", "darkreach status --json | grep -q '\"running\":true'"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["darkreach"]
CMD ["run"]
TXT
}

container_server() {
    # The package would make a database of its own in the image; darkreach brings its private one.
    local folder=/etc/postgresql-common/createcluster.d
    local no_cluster="mkdir -p $folder && echo create_main_cluster = false >$folder/darkreach.conf && "
    cat <<TXT
# $server_summary
#
#   podman build --tag darkreach-server .
#   podman run --detach --init --name darkreach-server --publish 127.0.0.1:$server_port:$server_port --volume darkreach-server:$server_data darkreach-server
#
# Speaks plain HTTP: put a proxy with a certificate in front and name it with --trusted-proxy, or mount a
# certificate and give --tls-cert and --tls-key. Without DATABASE_URL it runs a PostgreSQL of its own.
$(container_base "ca-certificates curl postgresql" "$server_data" "$no_cluster")
COPY darkreach-server /usr/local/bin/
USER $container_account:$container_account
VOLUME $server_data
EXPOSE $server_port
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \\
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:$server_port/readyz"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["darkreach-server"]
CMD ["serve", "--listen", "0.0.0.0:$server_port", "--data-dir", "$server_data"]
TXT
}
