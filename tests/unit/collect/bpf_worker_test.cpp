#include "core/collect/bpf_worker.h"

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "core/base/files.h"

namespace melisai::collect {
namespace {

constexpr uid_t kNobody = 65534;

/// setcap cap_bpf,cap_perfmon=ep; `number`: another one in place of CAP_BPF.
bool give_capabilities(const std::string& program, int number = CAP_BPF) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  data.data[CAP_PERFMON / 32].permitted = 1u << (CAP_PERFMON % 32);
  data.data[number / 32].permitted |= 1u << (number % 32);
  return setxattr(program.c_str(), "security.capability", &data, XATTR_CAPS_SZ_2, 0) == 0;
}

class BpfWorkerChoice : public ::testing::Test {
 protected:
  BpfWorkerChoice() : directory_(*TemporaryDirectory::make(::testing::TempDir(), "bpf-worker-")) {
    chmod(directory_.path().c_str(), 0755);
    for (const char* name : {"worker", "worker-bpf", "ebpf.so", "other.so"}) {
      std::ofstream(path(name)) << name;
      chmod(path(name).c_str(), 0755);
    }
    places_ = {.directories = {directory_.path()},
               .worker = path("worker"),
               .bpf_plugin = path("ebpf.so")};
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  WorkerProgram program_of(const std::string& file, bool is_program = false) const {
    return worker_program({.file = path(file), .name = "ebpf", .program = is_program}, places_);
  }
  /// Whether `holds` does in a process of nobody; skips nothing and leaves nothing.
  static bool as_nobody(const std::function<bool()>& holds) {
    const pid_t child = fork();
    if (child == 0) {
      if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0)
        _exit(2);
      _exit(holds() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  TemporaryDirectory directory_;
  PluginPlaces places_;
};

TEST_F(BpfWorkerChoice, IsTheOrdinaryWorkerWithoutCapabilities) {
  EXPECT_EQ(program_of("ebpf.so").path, path("worker"));
  EXPECT_TRUE(program_of("ebpf.so").takes_file);
  EXPECT_FALSE(find_bpf_worker(places_).capable);
}

TEST_F(BpfWorkerChoice, IsAbsentWhereItsPluginIsNotInstalled) {
  places_.bpf_plugin = path("no-such.so");
  EXPECT_EQ(find_bpf_worker(places_).program, "");
  EXPECT_FALSE(find_bpf_worker(places_).usable());
}

TEST_F(BpfWorkerChoice, RunsTheInstalledPluginForWhoHasNoCapabilities) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give a file capabilities";
  if (!give_capabilities(path("worker-bpf"))) GTEST_SKIP() << "no capabilities of files here";
  if (!find_bpf_worker(places_).void_reason.empty())
    GTEST_SKIP() << find_bpf_worker(places_).void_reason;
  EXPECT_TRUE(as_nobody([&] {
    const WorkerProgram chosen = program_of("ebpf.so");
    return chosen.path == path("worker-bpf") && !chosen.takes_file;
  }));
  // Any other file, also one that has its name, or is a program, is the ordinary worker's.
  EXPECT_TRUE(as_nobody([&] { return program_of("other.so").path == path("worker"); }));
  EXPECT_TRUE(as_nobody([&] { return program_of("ebpf.so", true).path == path("worker"); }));
  // Who has them hands them on.
  if (!find_bpf_worker(places_).needed) {
    EXPECT_EQ(program_of("ebpf.so").path, path("worker"));
  }
}

TEST_F(BpfWorkerChoice, NeedsBothCapabilitiesAndTheRightToStartIt) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give a file capabilities";
  if (!give_capabilities(path("worker-bpf"), CAP_SYSLOG))
    GTEST_SKIP() << "no capabilities of files here";
  EXPECT_FALSE(find_bpf_worker(places_).capable);
  ASSERT_TRUE(give_capabilities(path("worker-bpf")));
  EXPECT_TRUE(find_bpf_worker(places_).capable);
  chmod(path("worker-bpf").c_str(), 0750);
  EXPECT_TRUE(as_nobody([&] {
    const BpfWorker found = find_bpf_worker(places_);
    return found.needed && found.capable && !found.executable &&
           program_of("ebpf.so").path == path("worker");
  }));
}

}  // namespace
}  // namespace melisai::collect
