# The package of Debian, Ubuntu and their relatives.

# glibc PROGRAM: the glibc that a program asks for; nothing for a static one.
glibc() {
    [ "$(head -c 4 "$1" | tail -c 3)" = ELF ] || return 0
    needs readelf "apt install binutils"
    readelf --version-info --wide "$1" | sed -n 's/.*Name: GLIBC_\([0-9.]*\) .*/\1/p' | sort -V | tail -n 1
}

deb() {
    [ $# = 5 ] || fail "deb PROGRAM VERSION ARCH OUT"
    program_file "$2" && plain_version "$3"
    needs dpkg-deb "apt install dpkg"
    local root=$work/root libc
    libc=$(glibc "$2")
    tree "$2" "apt or dpkg" "$root"
    install -d "$root/DEBIAN"
    cat >"$root/DEBIAN/control" <<TXT
Package: $name
Version: ${3//-/\~}
Architecture: $4
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root" | cut -f1)
Depends: adduser${libc:+, libc6 (>= $libc)}
Recommends: ca-certificates
Section: science
Priority: optional
Homepage: $homepage
Description: $summary
 Takes blocks of work from a server, tests numbers for primality, and reports
 what it found. It keeps to idle time and gives way to everything else.
TXT
    echo "$configuration" >"$root/DEBIAN/conffiles"
    deb_scripts "$root/DEBIAN"
    dpkg-deb --root-owner-group -Zxz -z"$effort" --build "$root" "$5" >/dev/null
}

# The service is enabled once; who disables it is not overruled by the next version. deb-systemd-helper
# is on every Debian, also where systemd does not run.
deb_scripts() {
    local service
    service=$(basename "$unit")
    cat >"$1/postinst" <<TXT
#!/bin/sh
set -e
[ "\$1" = configure ] || exit 0
if ! getent passwd $account >/dev/null; then
    adduser --system --group --quiet --no-create-home --home $data $account
fi
[ -d $data ] || install -d -o $account -g $account -m 700 $data
if deb-systemd-helper --quiet was-enabled $service; then
    deb-systemd-helper enable $service >/dev/null
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    # An attached worker starts again as the new program; one that is not attached has nothing to do.
    systemctl --quiet is-enabled $service && systemctl restart $service || true
fi
TXT
    cat >"$1/prerm" <<TXT
#!/bin/sh
set -e
if [ "\$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl stop $service
fi
TXT
    cat >"$1/postrm" <<TXT
#!/bin/sh
set -e
if [ "\$1" = purge ]; then
    if command -v deb-systemd-helper >/dev/null; then deb-systemd-helper purge $service >/dev/null; fi
    # Only what is ours: the folder carries our mark.
    if [ -e $data/.darkreach ]; then
        rm -rf $data
    elif [ -d $data ]; then
        rmdir --ignore-fail-on-non-empty $data
    fi
    if [ -d $(dirname "$configuration") ]; then rmdir --ignore-fail-on-non-empty $(dirname "$configuration"); fi
    if getent passwd $account >/dev/null; then userdel $account; fi
    if getent group $account >/dev/null; then groupdel $account; fi
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
TXT
    chmod 755 "$1"/{postinst,prerm,postrm}
}
