# The package of Windows, made by wixl (of msitools): what wixl has no words for is put into the tables
# afterwards.

msi() {
    [ $# = 4 ] || fail "msi PROGRAM.exe VERSION OUT"
    program_file "$2" && plain_version "$3"
    [ "$(head -c 2 "$2")" = MZ ] || fail "$2 is no program for Windows"
    case "$3" in
        *-*) fail "an MSI has no version $3: Windows Installer compares three numbers and nothing else" ;;
    esac
    needs wixl "apt install wixl"
    needs msibuild "apt install msitools"
    local package=$work/$name.msi
    install -d "$work/msi"
    cp "$2" "$work/msi/darkreach.exe"
    echo "Windows Installer" >"$work/msi/darkreach.managed-by"
    # One text file: Windows' editor wants its line ends.
    cat "$here"/../LICENSE-* "$here"/../licences/* | sed 's/\r*$/\r/' >"$work/msi/licences.txt"
    touch -d "@$SOURCE_DATE_EPOCH" "$work"/msi/*
    msi_source "$3" >"$work/msi/$name.wxs"
    (cd "$work/msi" && wixl --arch x64 --output "$package" "$name.wxs") >"$work/log" 2>&1 ||
        fail "wixl failed: $(tail -n 3 "$work/log")"
    # By its summary Windows tells packages apart; wixl takes a number by chance.
    # By its summary Windows tells packages apart; wixl takes a number by chance.
    msi_edit "$package" -s "$summary" "$publisher" "x64;1033" "{$(guid package "$3" "$(sha256 "$2")")}"
    msi_tables "$work/msi"
    msi_edit "$package" -i "$work/msi/Environment.idt"
    msi_edit "$package" -i "$work/msi/MsiLockPermissionsEx.idt"
    local action
    for action in "'WriteEnvironmentStrings', 5200" "'RemoveEnvironmentStrings', 3300"; do
        msi_edit "$package" -q "INSERT INTO InstallExecuteSequence (Action, Sequence) VALUES ($action)"
    done
    mv "$package" "$4"
}

# msi_edit PACKAGE EDIT...: one edit a call, msibuild does not take more.
msi_edit() {
    msibuild "$@" >"$work/log" 2>&1 || fail "msibuild failed: $(tail -n 3 "$work/log")"
}

# A newer version takes the place of an older one; an older one is refused. The service stops before
# files change, and starts without being waited for: it ends at once where nobody has attached it yet.
msi_source() {
    cat <<TXT
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="$(guid product "$1")" Name="$name" Language="1033" Version="$1"
      Manufacturer="$publisher" UpgradeCode="$upgrade_code">
    <Package Description="$summary" InstallerVersion="500" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="$name.cab" EmbedCab="yes"/>
    <MajorUpgrade DowngradeErrorMessage="A newer version of $name is installed."/>
    <Property Id="ARPURLINFOABOUT" Value="$homepage"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="$windows_folder">
          <Component Id="Program" Guid="$(guid component program)" Win64="yes">
            <File Id="Program" Name="darkreach.exe" Source="darkreach.exe" KeyPath="yes"/>
            <ServiceInstall Id="Service" Name="$windows_service" DisplayName="$name"
                Description="$summary" Type="ownProcess" Start="auto" ErrorControl="normal"
                Account="NT AUTHORITY\\LocalService" Arguments="$(windows_arguments '[DATADIR]')"/>
            <ServiceControl Id="Stop" Name="$windows_service" Stop="both" Remove="uninstall" Wait="yes"/>
            <ServiceControl Id="Start" Name="$windows_service" Start="install" Wait="no"/>
          </Component>
          <Component Id="Owner" Guid="$(guid component owner)" Win64="yes">
            <File Id="Owner" Name="darkreach.managed-by" Source="darkreach.managed-by" KeyPath="yes"/>
          </Component>
          <Component Id="Licences" Guid="$(guid component licences)" Win64="yes">
            <File Id="Licences" Name="licences.txt" Source="licences.txt" KeyPath="yes"/>
          </Component>
        </Directory>
      </Directory>
      <Directory Id="CommonAppDataFolder">
        <Directory Id="DATADIR" Name="$windows_data">
          <Component Id="Data" Guid="$(guid component data)" Win64="yes" KeyPath="yes">
            <CreateFolder/>
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="Main" Level="1">
      <ComponentRef Id="Program"/>
      <ComponentRef Id="Owner"/>
      <ComponentRef Id="Licences"/>
      <ComponentRef Id="Data"/>
    </Feature>
  </Product>
</Wix>
TXT
}

# msi_tables FOLDER: the search path of the system; and who may do what in the data folder, where the
# worker keeps its token: the system (SY) and administrators (BA) everything, the service (LS) all but
# giving rights.
msi_tables() {
    {
        printf 'Environment\tName\tValue\tComponent_\r\ns72\tl255\tL255\ts72\r\nEnvironment\tEnvironment\r\n'
        printf 'Path\t=-*PATH\t[~];[INSTALLDIR]\tProgram\r\n'
    } >"$1/Environment.idt"
    {
        printf 'MsiLockPermissionsEx\tLockObject\tTable\tSDDLText\tCondition\r\n'
        printf 's72\ts72\ts32\ts0\tS255\r\nMsiLockPermissionsEx\tMsiLockPermissionsEx\r\n'
        printf 'Data\tDATADIR\tCreateFolder\tD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;LS)\t\r\n'
    } >"$1/MsiLockPermissionsEx.idt"
}

# windows_arguments FOLDER: what the service is started with. Work and settings are in one folder that is
# easy to find, not in the profile of the service's account. Windows ends the name of a folder with a
# backslash, which must not stand before a quote.
windows_arguments() {
    echo "service dispatch --portable &quot;$1.&quot;"
}

# The same service without the package, for a command line of an administrator.
windows_unit() {
    local program="%ProgramFiles%\\$windows_folder\\darkreach.exe" folder="%ProgramData%\\$windows_data"
    cat <<TXT | sed 's/$/\r/'
@echo off
rem Runs the worker as a service of Windows; as administrator.
mkdir "$folder" 2>nul
icacls "$folder" /inheritance:r /grant *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-19:(OI)(CI)M || exit /b 1
sc.exe create $windows_service start= auto obj= "NT AUTHORITY\\LocalService" DisplayName= "$name" binPath= "\\"$program\\" service dispatch --portable \\"$folder\\"" || exit /b 1
sc.exe description $windows_service "$summary"
sc.exe failure $windows_service reset= 86400 actions= restart/30000/restart/30000/restart/300000
rem To remove it: sc.exe stop $windows_service, then sc.exe delete $windows_service
TXT
}
