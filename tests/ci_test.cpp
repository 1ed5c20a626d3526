// The scripts of ci/ that every user runs first: ci/setup with a dpkg and an apt made up here, and
// the installed tree.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace melisai::ci_scripts {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ran {
  int status = -1;
  std::string output;  // both streams
};

Ran run(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ran.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

class CiScripts : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "melisai-ci-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    fs::create_directory(directory_ / "bin");
  }
  void TearDown() override { fs::remove_all(directory_); }

  // A program found before the real one. Every call of apt-get leaves its arguments in calls().
  void fake(const std::string& program, const std::string& body) {
    const fs::path path = directory_ / "bin" / program;
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(path, fs::perms::owner_all);
  }
  // `installed`: lines of "name installed version". `candidates`: cases of a shell `case` over the
  // name asked for.
  void fake_packages(const std::string& installed, const std::string& candidates) {
    std::ofstream(directory_ / "installed") << installed;
    fake("dpkg-query", "cat '" + (directory_ / "installed").string() + "'");
    fake("apt-cache",
         "case $2 in " + candidates + " *) v='(none)' ;; esac; echo \"  Candidate: $v\"");
    fake("apt-get", "echo \"$@\" >>'" + (directory_ / "calls").string() + "'");
    fake("sudo", "[ \"$1\" = -n ] && shift; exec \"$@\"");
  }
  // Every call of npm leaves a line in calls(), and a package.
  void fake_npm(const std::string& before) {
    fake("node", "echo 18");
    fake("npm", "echo \"npm $1\" >>'" + (directory_ / "calls").string() + "'\n" + before +
                    "\nmkdir \"$3/node_modules\"");
  }
  Ran setup(const std::string& arguments, const std::string& npm_cache = "") {
    return run("MELISAI_NPM_CACHE='" + npm_cache + "' PATH='" + (directory_ / "bin").string() +
               "':\"$PATH\" '" MELISAI_SOURCE_DIR "/ci/setup' " + arguments);
  }
  std::string calls() const {
    std::ifstream stream(directory_ / "calls");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  fs::path directory_;
};

// Every need of ci/packages.txt met by its first alternative in the smallest version that will do.
std::string all_installed() {
  std::ifstream stream(MELISAI_SOURCE_DIR "/ci/packages.txt");
  std::string packages;
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#' || line[0] == '[') continue;
    const std::string need = line.substr(0, line.find('|'));
    const std::size_t minimum = need.find("(>= ");
    packages += need.substr(0, need.find(' ')) + " installed ";
    packages +=
        minimum == std::string::npos ? "1" : need.substr(minimum + 4, need.find(')') - minimum - 4);
    packages += "\n";
  }
  return packages;
}
const std::string kInstalled = all_installed();

std::string without(std::string packages, const std::string& line) {
  const std::size_t at = packages.find(line);
  if (at != std::string::npos) packages.erase(at, packages.find('\n', at) + 1 - at);
  return packages;
}

std::string with(std::string packages, const std::string& old, const std::string& replacement) {
  return packages.replace(packages.find(old), old.size(), replacement);
}

TEST_F(CiScripts, SetupLeavesAptAloneWhenNothingIsMissing) {
  fake_packages(kInstalled, "");
  const Ran ran = setup("");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(CiScripts, SetupInstallsOnlyWhatIsMissing) {
  fake_packages(without(kInstalled, "libcli11-dev"), "libcli11-dev) v=2.1.2 ;;");
  const Ran ran = setup("");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(calls(), HasSubstr("update"));
  EXPECT_THAT(calls(), HasSubstr("install -y --no-install-recommends libcli11-dev\n"));
}

TEST_F(CiScripts, SetupChangesNothingInADryRun) {
  fake_packages(without(kInstalled, "libcli11-dev"), "libcli11-dev) v=2.1.2 ;;");
  const Ran ran = setup("--dry-run");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "ci/setup: would install: libcli11-dev\n");
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(CiScripts, SetupForTheBuildNeedsNoTestPackages) {
  fake_packages(without(kInstalled, "libgtest-dev"), "libgtest-dev) v=1.12.1 ;;");
  EXPECT_THAT(setup("--build --dry-run").output, HasSubstr("all packages are installed"));
  EXPECT_THAT(setup("--test --dry-run").output, HasSubstr("would install: libgtest-dev"));
}

TEST_F(CiScripts, SetupReplacesAPackageThatIsTooOld) {
  fake_packages(with(kInstalled, "1.5.1+ds-1+deb12u2", "1.5.1+ds-1+deb12u1"),
                "libgit2-dev) v=1.5.1+ds-1+deb12u2 ;;");
  EXPECT_THAT(setup("--dry-run").output, HasSubstr("would install: libgit2-dev\n"));
}

TEST_F(CiScripts, SetupTakesBoostByVersionNotByName) {
  fake_packages(with(kInstalled, "libboost1.81-dev installed 1", "libboost-dev installed 1.90.0"),
                "");
  EXPECT_THAT(setup("--dry-run").output, HasSubstr("all packages are installed"));
  fake_packages(with(kInstalled, "libboost1.81-dev installed 1", "libboost-dev installed 1.74.0"),
                "libboost1.83-dev) v=1.83.0 ;; libboost-dev) v=1.74.0 ;;");
  EXPECT_THAT(setup("--dry-run").output, HasSubstr("would install: libboost1.83-dev\n"));
}

TEST_F(CiScripts, SetupSaysWhichNeedTheReleaseCannotMeet) {
  fake_packages(with(kInstalled, "libboost1.81-dev installed 1", "libboost-dev installed 1.74.0"),
                "libboost-dev) v=1.74.0 ;;");
  const Ran ran = setup("");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("libboost-dev (>= 1.81)"));
  EXPECT_THAT(calls(), Not(HasSubstr("install")));
}

TEST_F(CiScripts, SetupWarnsOfPackagesThatAptWillRemove) {
  fake_packages(without(kInstalled, "libboost1.81-dev"), "libboost1.81-dev) v=1.81.0 ;;");
  fake("apt-get", "case \" $* \" in *' -s '*) echo 'Remv libboost1.74-dev [1.74.0]' ;; esac");
  EXPECT_THAT(setup("").output, HasSubstr("will be removed: libboost1.74-dev"));
}

TEST_F(CiScripts, SetupPassesTheFailureOfAptOn) {
  fake_packages(without(kInstalled, "libcli11-dev"), "libcli11-dev) v=2.1.2 ;;");
  fake("apt-get", "case \" $* \" in *' -y '*) exit 100 ;; esac");
  EXPECT_EQ(setup("").status, 100);
}

TEST_F(CiScripts, SetupPutsThePackagesOfNpmWhereTestsLookForThem) {
  fake_packages(kInstalled, "");
  fake_npm("");
  const std::string cache = (directory_ / "cache").string();
  const Ran ran = setup("--test", cache);
  EXPECT_EQ(ran.status, 0) << ran.output;
  for (const char* name : {"contract", "lint", "mcp", "web", "webhooks"})
    EXPECT_EQ(run("ls -d '" + cache + "/" + name + "'-*/node_modules").status, 0) << name;
  const std::string first = calls();
  EXPECT_THAT(first, HasSubstr("npm ci\n"));
  EXPECT_EQ(setup("--test", cache).status, 0);
  EXPECT_EQ(calls(), first);  // they are there
}

TEST_F(CiScripts, SetupAsksNpmForNothingThatNobodyWants) {
  fake_packages(kInstalled, "");
  fake_npm("");
  const std::string cache = (directory_ / "cache").string();
  EXPECT_EQ(setup("--test").status, 0);
  EXPECT_EQ(setup("--build", cache).status, 0);
  EXPECT_EQ(setup("--test --dry-run", cache).status, 0);
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(CiScripts, SetupGoesOnWhereNpmFails) {
  fake_packages(kInstalled, "");
  fake_npm("echo 'npm ERR! code ENOTFOUND'; exit 1");
  const std::string cache = (directory_ / "cache").string();
  const Ran ran = setup("--test", cache);
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("npm ERR! code ENOTFOUND"));
  EXPECT_THAT(ran.output, HasSubstr("will be skipped: npm could not install what ci/npm/"));
  EXPECT_EQ(run("ls '" + cache + "'").output, "");  // nothing that looks installed
}

// Addresses would pin a registry, and this machine's.
TEST_F(CiScripts, LockFilesNameNoAddresses) {
  const Ran ran = run("cd '" MELISAI_SOURCE_DIR
                      "' && grep -l '\"integrity\": \"sha512' ci/npm/*/package-lock.json "
                      "core/web/package-lock.json | wc -l; grep -l '\"resolved\"' "
                      "ci/npm/*/package-lock.json core/web/package-lock.json");
  EXPECT_EQ(ran.output, "5\n");
}

TEST_F(CiScripts, ScriptsRefuseUnknownArguments) {
  for (const char* script :
       {"setup", "test", "demo", "fresh-root", "live", "web", "workflow-lint", "comment-picture"}) {
    const Ran ran = run(std::string("'" MELISAI_SOURCE_DIR "/ci/") + script + "' --no-such-flag");
    EXPECT_EQ(ran.status, 2) << script;
    EXPECT_THAT(ran.output, HasSubstr("usage: ci/")) << script;
  }
}

TEST_F(CiScripts, TestsRunOnlyAsAnAccountThatIsThereAndNotRoot) {
  for (const char* account : {"root", "no-such-account-melisai", "''"}) {
    const Ran ran = run(std::string("'" MELISAI_SOURCE_DIR "/ci/test' --no-setup --as-user ") +
                        account + " -R 'NoTestHasThisName'");
    EXPECT_EQ(ran.status, 2) << account;
    EXPECT_THAT(ran.output, HasSubstr("--as-user"));
  }
}

TEST_F(CiScripts, InstallPutsHelpersWhereTheProgramLooks) {
  const std::string prefix = (directory_ / "prefix").string();
  const std::string build = fs::path(MELISAI_BIN_DIR).parent_path().string();
  if (access(build.c_str(), W_OK) != 0)
    GTEST_SKIP() << "cmake --install writes into the build directory, which is another user's";
  // A group-writable installation would be refused, whatever the umask of who installs.
  const Ran ran = run("umask 002; cmake --install '" + build + "' --prefix '" + prefix + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  for (const char* path :
       {"libexec/melisai-gate/melisai-gate-exec", "libexec/melisai-gate/melisai-gate-git",
        "libexec/melisai-gate/melisai-gate-https", "libexec/melisai-gate/melisai-gate-mail",
        "libexec/melisai-gate/melisai-gate-symbols", "libexec/melisai-gate/melisai-gate-worker",
        "lib/melisai-gate/plugins/quiet.so", "include/melisai/collector.h",
        "lib/cmake/melisai-gate-sdk/melisai-gate-sdkConfig.cmake",
        "share/melisai-gate/config/melisai-gate.yaml", "share/melisai-gate/config/serve.yaml",
        "share/melisai-gate/pipelines", "share/melisai-gate/schema",
        "share/doc/melisai-gate/README.md", "share/doc/melisai-gate/LICENSE",
        "share/doc/melisai-gate/CHANGELOG.md"})
    EXPECT_TRUE(fs::exists(prefix + "/" + path)) << path;
  // It may get capabilities: what is not its group's is nobody's.
  const fs::path worker_bpf = prefix + "/libexec/melisai-gate/melisai-gate-worker-bpf";
  if (fs::exists(prefix + "/lib/melisai-gate/plugins/ebpf.so")) {
    EXPECT_EQ(fs::status(worker_bpf).permissions(), fs::perms(0750));
  }
  const Ran version = run("'" + prefix + "/bin/melisai-gate' --version");
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.output, ContainsRegex("^melisai-gate [0-9.]+ \\(commit ([0-9a-f]{12}\\+?|"
                                            "unknown), plugin ABI 1\\.[0-9]+\\)\n$"));
  EXPECT_THAT(run("'" + prefix + "/bin/melisai-gate' plugins").output,
              ContainsRegex("process [0-9.]+ \\(plugin ABI 1\\.2\\): available\n +" + prefix));
  // `ab` needs melisai-gate-exec: from the installed tree alone.
  const Ran compared =
      run("cd '" + directory_.string() + "' && '" + prefix +
          "/bin/melisai-gate' ab --max-pairs 4 --budget 5s --fail-on never -- true -- true");
  EXPECT_EQ(compared.status, 0) << compared.output;
}

}  // namespace
}  // namespace melisai::ci_scripts
