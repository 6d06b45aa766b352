# The formula of Homebrew. `brew` itself gives the shell completion and the prefix.

homebrew() {
    [ $# = 4 ] || fail "homebrew DIST VERSION OUT.rb"
    plain_version "$3"
    local arm intel linux base=$downloads/$3
    arm=$(dist_file "$2" 'darkreach-aarch64-apple-darwin')
    intel=$(dist_file "$2" 'darkreach-x86_64-apple-darwin')
    linux=$(dist_file "$2" 'darkreach-x86_64-unknown-linux-*')
    cat >"$4" <<TXT
class Darkreach < Formula
  desc "$summary"
  homepage "$homepage"
  version "$3"
  license any_of: ["MIT", "Apache-2.0"]
  on_macos do
    on_arm do
      url "$base/$arm"
      sha256 "$(sha256 "$2/$arm")"
    end
    on_intel do
      url "$base/$intel"
      sha256 "$(sha256 "$2/$intel")"
    end
  end
  on_linux do
    url "$base/$linux"
    sha256 "$(sha256 "$2/$linux")"
  end
  def install
    bin.install Dir["darkreach-*"].first => "darkreach"
    (share/"darkreach").mkpath
    (share/"darkreach/managed-by").write "Homebrew\n"
  end
  service do
    run [opt_bin/"darkreach", "run"]
    keep_alive successful_exit: false
    process_type :background
  end
  test do
    assert_match version.to_s, shell_output("#{bin}/darkreach --version")
  end
end
TXT
}
