# install.sh and install.ps1: the keys of a channel are written into them.

# keys FILE ROLE: the public keys of a role of a root document, and how many must sign.
keys() {
    sed '1,/^$/d' "$1" | awk -v role="\"$2\":" '
        $1 == role && $2 == "{" { inside = 1; next }
        inside && /^  }/ { exit }
        inside && /"RW/ { gsub(/[", ]/, ""); printf "%s ", $0 }'
}
threshold() {
    sed '1,/^$/d' "$1" | awk -v role="\"$2\":" '
        $1 == role && $2 == "{" { inside = 1; next }
        inside && /"threshold":/ { gsub(/,/, ""); print $2; exit }'
}

# install_script TEMPLATE --root FILE [--channel NAME] [--server URL] OUT
install_script() {
    local template=$1 root='' channel=stable server=$homepage out=''
    shift
    while [ $# -gt 0 ]; do
        case "$1" in
            --root | --channel | --server)
                [ $# -ge 2 ] || fail "$1 needs a value"
                printf -v "${1#--}" %s "$2"
                shift 2
                ;;
            *) out=$1 && shift ;;
        esac
    done
    [ -n "$root" ] && [ -n "$out" ] || fail "$template needs --root FILE and the file to write"
    [ -r "$root" ] || fail "$root cannot be read"
    # These stand between single quotes in a script.
    case "$server$channel" in *[!A-Za-z0-9._:/-]*) fail "$server or $channel has a sign that belongs in no address" ;; esac
    local k t fk ft
    k=$(keys "$root" "$channel") t=$(threshold "$root" "$channel")
    fk=$(keys "$root" freshness) ft=$(threshold "$root" freshness)
    [ -n "$k" ] && [ -n "$t" ] && [ -n "$fk" ] && [ -n "$ft" ] || fail "$root names no keys for $channel"
    sed -e "s|@SERVER@|$server|" -e "s|@CHANNEL@|$channel|" -e "s|@KEYS@|${k% }|" -e "s|@THRESHOLD@|$t|" \
        -e "s|@FRESH_KEYS@|${fk% }|" -e "s|@FRESH_THRESHOLD@|$ft|" "$here/$template" >"$out"
    chmod 755 "$out"
}
