# What starts the worker with the system, on each of the three: written into the packages, and alone.

# An account of its own, and nothing else to write to.
systemd_unit() {
    cat <<TXT
[Unit]
Description=$summary
Wants=network-online.target
After=network-online.target
ConditionPathExists=$data/node.json

[Service]
User=$account
ExecStart=$program run --data-dir $data --config $configuration
Restart=on-failure
RestartSec=30
TimeoutStopSec=60
Nice=19
CPUSchedulingPolicy=idle
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=$data

[Install]
WantedBy=multi-user.target
TXT
}

# A daemon of the system. A worker that ends with an error is started again after half a minute; so one
# that nobody has attached yet begins within that time once it is.
launchd_unit() {
    cat <<TXT
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>$mac_label</string>
    <key>UserName</key>
    <string>$mac_account</string>
    <key>ProgramArguments</key>
    <array>
        <string>$mac_prefix/bin/darkreach</string>
        <string>run</string>
        <string>--data-dir</string>
        <string>$mac_data</string>
        <string>--config</string>
        <string>$mac_prefix$configuration</string>
    </array>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ThrottleInterval</key>
    <integer>30</integer>
    <key>ExitTimeOut</key>
    <integer>60</integer>
    <key>ProcessType</key>
    <string>Background</string>
    <key>Nice</key>
    <integer>19</integer>
</dict>
</plist>
TXT
}

unit() {
    [ $# = 3 ] || fail "unit systemd|launchd|windows OUT"
    case "$2" in
        systemd) systemd_unit >"$3" ;;
        launchd) launchd_unit >"$3" ;;
        windows) windows_unit >"$3" ;;
        *) fail "$2 is none of systemd, launchd, windows" ;;
    esac
}
