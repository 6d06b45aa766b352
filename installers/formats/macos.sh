# The package of macOS, made by Apple's pkgbuild. The worker runs as an account of its own, which the
# package makes; `uninstall.sh` beside it takes everything away again.

macos_pkg() {
    [ $# = 4 ] || fail "macos-pkg PROGRAM VERSION OUT"
    program_file "$2" && plain_version "$3"
    needs pkgbuild "this package can be made on a Mac only"
    local root=$work/root
    local share=$root$mac_prefix/share/$name
    install -d "$root/Library/LaunchDaemons" "$share" "$root$mac_prefix$(dirname "$configuration")" "$root$mac_prefix/bin"
    install -m 755 "$2" "$root$mac_prefix/bin/darkreach"
    launchd_unit >"$root/Library/LaunchDaemons/$mac_label.plist"
    echo "the macOS package" >"$share/managed-by"
    documents_to "$share"
    mac_uninstaller >"$share/uninstall.sh"
    chmod 755 "$share/uninstall.sh"
    install -d "$work/scripts"
    mac_postinstall >"$work/scripts/postinstall"
    mac_preinstall >"$work/scripts/preinstall"
    chmod 755 "$work"/scripts/*
    pkgbuild --root "$root" --scripts "$work/scripts" --identifier "$mac_label" --version "$3" \
        --install-location / --ownership recommended "$4"
}

# A new version is not put under one that runs.
mac_preinstall() {
    cat <<TXT
#!/bin/sh
launchctl bootout "system/$mac_label" 2>/dev/null
exit 0
TXT
}

# Numbers of accounts of services are below 500 there; the first free one is taken.
mac_postinstall() {
    cat <<TXT
#!/bin/sh
set -e
if ! dscl . -read "/Users/$mac_account" >/dev/null 2>&1; then
    id=300
    while dscl . -search /Users UniqueID \$id | grep -q . || dscl . -search /Groups PrimaryGroupID \$id | grep -q .; do
        id=\$((id + 1))
    done
    dscl . -create "/Groups/$mac_account" PrimaryGroupID \$id
    dscl . -create "/Users/$mac_account" UniqueID \$id
    dscl . -create "/Users/$mac_account" PrimaryGroupID \$id
    dscl . -create "/Users/$mac_account" UserShell /usr/bin/false
    dscl . -create "/Users/$mac_account" NFSHomeDirectory "$mac_data"
    dscl . -create "/Users/$mac_account" IsHidden 1
fi
[ -d "$mac_data" ] || install -d -o $mac_account -g $mac_account -m 700 "$mac_data"
settings="$mac_prefix$configuration"
[ -e "\$settings" ] || echo "# Settings of the worker; darkreach config --help lists them." >"\$settings"
launchctl bootstrap system "/Library/LaunchDaemons/$mac_label.plist"
TXT
}

mac_uninstaller() {
    cat <<TXT
#!/bin/sh
# Removes darkreach from this Mac. Work, results and settings stay, unless this is called with --purge.
set -e
[ "\$(id -u)" = 0 ] || { echo "error: this needs root's rights: sudo sh \$0" >&2; exit 1; }
launchctl bootout "system/$mac_label" 2>/dev/null || true
rm -f "/Library/LaunchDaemons/$mac_label.plist" "$mac_prefix/bin/darkreach"
if [ "\$1" = --purge ]; then
    # Only what is ours: the folder carries our mark.
    if [ -e "$mac_data/.darkreach" ]; then rm -rf "$mac_data"; fi
    rm -f "$mac_prefix$configuration"
    rmdir "$mac_prefix$(dirname "$configuration")" 2>/dev/null || true
    dscl . -delete "/Users/$mac_account"
    dscl . -delete "/Groups/$mac_account"
fi
pkgutil --forget "$mac_label"
rm -rf "$mac_prefix/share/$name"
TXT
}
