# The package of Fedora, openSUSE and their relatives.

rpm() {
    [ $# = 5 ] || fail "rpm PROGRAM VERSION ARCH OUT"
    program_file "$2" && plain_version "$3"
    needs rpmbuild "on Debian or Ubuntu: apt install rpm; on Fedora: dnf install rpm-build"
    tree "$2" "dnf, zypper or rpm" "$work/tree"
    rpm_spec "${3//-/\~}" >"$work/$name.spec"
    # Nothing of the machine goes in: no name, no date, no rules of its distribution for programs.
    local defines=(
        --define "_topdir $work/rpm" --define "_rpmdir $work/out" --define "_rpmfilename $name.rpm"
        --define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1"
        --define "clamp_mtime_to_source_date_epoch 1" --define "_build_id_links none"
        --define "debug_package %{nil}" --define "__os_install_post %{nil}"
        --define "_binary_payload w$effort.xzdio"
    )
    rpmbuild -bb --quiet --target "$4-linux" "${defines[@]}" "$work/$name.spec" >"$work/log" 2>&1 ||
        fail "rpmbuild failed: $(tail -n 5 "$work/log")"
    mv "$work/out/$name.rpm" "$5"
}

# What a program needs of glibc is found out by rpmbuild itself.
rpm_spec() {
    local service
    service=$(basename "$unit")
    cat <<TXT
Name: $name
Version: $1
Release: 1
Summary: $summary
License: $licence
URL: $homepage
Requires(pre): /usr/sbin/useradd, /usr/bin/getent
Recommends: ca-certificates

%description
Takes blocks of work from a server, tests numbers for primality, and reports
what it found. It keeps to idle time and gives way to everything else.

%install
cp -a $work/tree/. %{buildroot}/
install -d %{buildroot}$data

%pre
getent group $account >/dev/null || groupadd --system $account
getent passwd $account >/dev/null ||
    useradd --system --gid $account --home-dir $data --no-create-home --shell /usr/sbin/nologin $account

%post
if [ "\$1" = 1 ] && command -v systemctl >/dev/null; then systemctl --quiet enable $service; fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    # An attached worker starts again as the new program; one that is not attached has nothing to do.
    systemctl --quiet is-enabled $service && systemctl restart $service || :
fi

%preun
if [ "\$1" = 0 ]; then
    if [ -d /run/systemd/system ]; then systemctl stop $service; fi
    if command -v systemctl >/dev/null; then systemctl --quiet disable $service; fi
fi

%postun
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

%files
%attr(755,root,root) $program
%attr(644,root,root) $unit
%dir %attr(755,root,root) $(dirname "$managed_by")
%attr(644,root,root) $managed_by
%dir %attr(755,root,root) $documents
%doc %attr(644,root,root) $documents/*
%dir %attr(755,root,root) $(dirname "$configuration")
%config(noreplace) %attr(644,root,root) $configuration
%dir %attr(700,$account,$account) $data
TXT
}
