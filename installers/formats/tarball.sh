# The program in a folder, for those who want nothing installed. It updates itself.

tarball() {
    [ $# = 4 ] || fail "tarball PROGRAM VERSION OUT"
    program_file "$2" && plain_version "$3"
    local top="$name-$3"
    install -D -m 755 "$2" "$work/$top/$name"
    documents_to "$work/$top"
    cp "$here/../README.md" "$work/$top/"
    dated "$work/$top" "/$name"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" -cf - "$top" |
        gzip -n >"$4"
}
