# The manifest of Scoop: the program alone, under the user's own folder of Scoop, where it knows by its
# path that it is not to update itself.

scoop() {
    [ $# = 4 ] || fail "scoop DIST VERSION OUT.json"
    plain_version "$3"
    local exe
    exe=$(dist_file "$2" 'darkreach-x86_64-pc-windows-*.exe')
    cat >"$4" <<TXT
{
    "version": "$3",
    "description": "$summary",
    "homepage": "$homepage",
    "license": "${licence// OR /|}",
    "architecture": {
        "64bit": {
            "url": "$downloads/$3/$exe#/darkreach.exe",
            "hash": "$(sha256 "$2/$exe")"
        }
    },
    "bin": "darkreach.exe",
    "notes": "Next: darkreach attach $homepage, then darkreach run"
}
TXT
}
