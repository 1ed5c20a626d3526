// melisai-gate-worker-bpf gets capabilities from its own file, so whoever may start it must not be
// able to have it load anything but the installed plugin. The program under test is the real one,
// built with a path where the tests may put files.
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/worker/installed_file.h"
#include "tests/plugins/worker_process.h"

namespace melisai::worker {
namespace {

namespace fs = std::filesystem;
using protocol::Hello;
using protocol::HelloRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uid_t kNobody = 65534;
const fs::path kInstalled = MELISAI_TEST_INSTALLED;
const std::string kProgram = MELISAI_TEST_WORKER_BPF;

class WorkerBpf : public ::testing::Test {
 protected:
  WorkerBpf() {
    std::error_code error;
    fs::remove_all(kInstalled.parent_path(), error);
    fs::create_directories(kInstalled.parent_path(), error);
    if (!error) fs::permissions(kInstalled.parent_path(), fs::perms(0755), error);
  }
  ~WorkerBpf() override {
    std::error_code ignored;
    fs::remove_all(kInstalled.parent_path(), ignored);
  }
  static bool may_install() { return access(kInstalled.parent_path().c_str(), W_OK) == 0; }

  static void install(mode_t mode = 0644) {
    fs::copy_file(zoo_plugin("good"), kInstalled, fs::copy_options::overwrite_existing);
    chmod(kInstalled.c_str(), mode);
  }
  static std::string refusal() { return WorkerProcess::of_program({kProgram}).refusal(); }
  /// Why nothing can be loaded here at all; "" when root has all of the path.
  static std::string unfit() {
    if (getuid() != 0) return "only root can install a file of root's";
    install();
    const auto opened = open_installed(kInstalled);
    return opened ? "" : opened.error().message;
  }
};

TEST_F(WorkerBpf, RefusesAForeignPluginAsAnArgument) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{zoo_plugin("good")}, {"--program", "/bin/true"}, {"--", "x"}}) {
    std::vector<std::string> words = {MELISAI_BIN_DIR "/melisai-gate-worker-bpf"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    WorkerProcess worker = WorkerProcess::of_program(words);
    EXPECT_EQ(worker.wait(), 2);
    EXPECT_THAT(worker.errors(), AllOf(HasSubstr("unexpected argument '" + arguments[0]),
                                       HasSubstr("what it loads is compiled in")));
  }
}

TEST_F(WorkerBpf, TheEnvironmentNamesNoPlugin) {
  for (const char* name : {"MELISAI_INSTALLED_EBPF", "MELISAI_PLUGIN_DIR", "LD_LIBRARY_PATH"})
    setenv(name, fs::path(zoo_plugin("good")).parent_path().c_str(), 1);
  const std::string reason = refusal();
  for (const char* name : {"MELISAI_INSTALLED_EBPF", "MELISAI_PLUGIN_DIR", "LD_LIBRARY_PATH"})
    unsetenv(name);
  EXPECT_THAT(reason, HasSubstr(getuid() == 0 ? kInstalled.string() : "/"));
  EXPECT_THAT(reason, ::testing::Not(HasSubstr("good.so")));
}

// What stands in the place of the installed file.
TEST_F(WorkerBpf, RefusesAFileThatIsNotRoots) {
  if (!may_install()) GTEST_SKIP() << "nothing can be put at " << kInstalled;
  install();
  if (getuid() == 0) {
    ASSERT_EQ(chown(kInstalled.c_str(), kNobody, kNobody), 0);
    EXPECT_THAT(refusal(), HasSubstr(kInstalled.string() + " belongs to user 65534, not to root"));
  } else {
    EXPECT_THAT(refusal(), HasSubstr("not to root"));
  }
}

TEST_F(WorkerBpf, RefusesWhatOthersMayChange) {
  if (const std::string reason = unfit(); !reason.empty()) GTEST_SKIP() << reason;
  install(0664);
  EXPECT_THAT(refusal(), HasSubstr(kInstalled.string() + " is writable by group or others"));
  install(0646);
  EXPECT_THAT(refusal(), HasSubstr("writable by group or others (mode 0646"));
  install();
  const std::string directory = kInstalled.parent_path();
  chmod(directory.c_str(), 01777);  // sticky, but its own directory
  EXPECT_THAT(refusal(), HasSubstr(directory + " is writable by group or others (mode 1777"));
  chmod(directory.c_str(), 0755);
  ASSERT_EQ(chown(directory.c_str(), kNobody, kNobody), 0);
  EXPECT_THAT(refusal(), HasSubstr(directory + " belongs to user 65534"));
}

TEST_F(WorkerBpf, FollowsNoLink) {
  if (const std::string reason = unfit(); !reason.empty()) GTEST_SKIP() << reason;
  const fs::path other = kInstalled.string() + ".other";
  fs::rename(kInstalled, other);
  fs::create_symlink(other, kInstalled);
  EXPECT_THAT(refusal(), HasSubstr("is a symbolic link"));
}

TEST_F(WorkerBpf, RefusesWhatIsNoPlugin) {
  if (const std::string reason = unfit(); !reason.empty()) GTEST_SKIP() << reason;
  fs::copy_file("/bin/true", kInstalled, fs::copy_options::overwrite_existing);
  chmod(kInstalled.c_str(), 0755);
  EXPECT_THAT(refusal(), StartsWith(kInstalled.string()));
  fs::remove(kInstalled);
  fs::create_directory(kInstalled);
  EXPECT_THAT(refusal(), HasSubstr("is not a regular file"));
}

// cap_bpf,cap_perfmon=ep as setcap writes it.
bool give_capabilities(const std::string& program) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  data.data[1].permitted = 1u << (CAP_BPF - 32) | 1u << (CAP_PERFMON - 32);
  return setxattr(program.c_str(), "security.capability", &data, XATTR_CAPS_SZ_2, 0) == 0;
}

TEST_F(WorkerBpf, HasTwoCapabilitiesAndNothingElse) {
  if (const std::string reason = unfit(); !reason.empty()) GTEST_SKIP() << reason;
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
    GTEST_SKIP() << "no_new_privs is set: files give no capabilities";
  auto directory = TemporaryDirectory::make(testing::TempDir(), "worker-bpf-");
  ASSERT_TRUE(directory);
  chmod(directory->path().c_str(), 0755);
  const std::string program = directory->path() + "/worker-bpf";
  fs::copy_file(kProgram, program);
  ASSERT_EQ(chown(program.c_str(), 0, kNobody), 0);
  chmod(program.c_str(), 0750);
  if (!give_capabilities(program))
    GTEST_SKIP() << "cannot set capabilities of a file: " << strerror(errno);

  WorkerProcess worker = WorkerProcess::of_program(
      {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program});
  EXPECT_EQ(worker.expect<Hello>(HelloRequest{}).name, "zoo.good");
  EXPECT_THAT(worker.status_line("Uid"), HasSubstr("65534"));
  // CAP_PERFMON is 38, CAP_BPF 39.
  EXPECT_THAT(worker.status_line("CapPrm"), HasSubstr("000000c000000000"));
  EXPECT_THAT(worker.status_line("CapEff"), HasSubstr("000000c000000000"));
  EXPECT_THAT(worker.status_line("CapInh"), HasSubstr("0000000000000000"));
  EXPECT_THAT(worker.status_line("CapAmb"), HasSubstr("0000000000000000"));
  EXPECT_THAT(worker.status_line("NoNewPrivs"), HasSubstr("1"));
  // Not dumpable: what tells of its memory belongs to root, so its own user cannot open it.
  struct stat info {};
  ASSERT_EQ(stat(("/proc/" + std::to_string(worker.pid()) + "/mem").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 0u);
}

}  // namespace
}  // namespace melisai::worker
