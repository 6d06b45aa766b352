# The three files of a version for winget (manifest schema 1.6.0), for the MSI of the same version.

winget() {
    [ $# = 4 ] || fail "winget DIST VERSION FOLDER"
    plain_version "$3"
    local msi id=Darkreach.Darkreach
    msi=$(dist_file "$2" "$name-$3-x64.msi")
    mkdir -p "$4"
    cat >"$4/$id.yaml" <<TXT
PackageIdentifier: $id
PackageVersion: $3
DefaultLocale: en-US
ManifestType: version
ManifestVersion: 1.6.0
TXT
    cat >"$4/$id.installer.yaml" <<TXT
PackageIdentifier: $id
PackageVersion: $3
InstallerType: msi
Scope: machine
UpgradeBehavior: install
Commands:
- darkreach
ProductCode: '{$(guid product "$3")}'
Installers:
- Architecture: x64
  InstallerUrl: $downloads/$3/$msi
  InstallerSha256: $(sha256 "$2/$msi" | tr a-f A-F)
ManifestType: installer
ManifestVersion: 1.6.0
TXT
    cat >"$4/$id.locale.en-US.yaml" <<TXT
PackageIdentifier: $id
PackageVersion: $3
PackageLocale: en-US
Publisher: $publisher
PublisherUrl: $homepage
PackageName: $name
PackageUrl: $homepage
License: $licence
ShortDescription: $summary
Tags:
- mathematics
- primes
- volunteer-computing
ManifestType: defaultLocale
ManifestVersion: 1.6.0
TXT
}
