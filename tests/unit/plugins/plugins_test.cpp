// The built plugins, loaded and driven through the C contract on this machine.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <melisai/collector.h>
#include <sys/prctl.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>

#include "core/base/files.h"
#include "plugins/process/root_usage.h"
#include "tests/unit/plugins/held_tree.h"

namespace melisai::plugins {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Le;
using ::testing::Not;

std::string_view view(melisai_str text) { return {text.data, text.size}; }

// A loaded plugin with one instance, and what it said.
class Plugin {
 public:
  explicit Plugin(const char* path, std::string_view config = "{}")
      : library_(dlopen(path, RTLD_NOW | RTLD_LOCAL), dlclose) {
    if (library_ == nullptr) return;
    collector_ =
        static_cast<const melisai_collector*>(dlsym(library_.get(), "melisai_collector_v1"));
    self_ = collector_->create(&host_, melisai_str{config.data(), config.size()});
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() {
    if (self_ != nullptr) collector_->destroy(self_);
  }

  bool usable() const { return self_ != nullptr; }
  const melisai_collector& collector() const { return *collector_; }
  bool available() {
    return collector_->available == nullptr || collector_->available(&host_) == 0;
  }
  bool start(std::int64_t root) {
    const melisai_target target{sizeof target, 0, root, {"", 0}};
    numbers.clear();
    return collector_->start(self_, &target) == 0;
  }
  void sample() { collector_->sample(self_); }
  bool stop() { return collector_->stop(self_) == 0; }

  std::map<std::string, double, std::less<>> numbers;
  std::vector<std::string> warnings;  // and errors

 private:
  static void log(void* context, std::int32_t level, melisai_str text) {
    if (level >= MELISAI_LOG_WARNING)
      static_cast<Plugin*>(context)->warnings.emplace_back(view(text));
  }
  static void emit(void* context, melisai_str metric, double value) {
    auto& plugin = *static_cast<Plugin*>(context);
    EXPECT_TRUE(std::isfinite(value) && value >= 0) << view(metric) << ": " << value;
    EXPECT_TRUE(plugin.declares(view(metric))) << view(metric);
    EXPECT_TRUE(plugin.numbers.emplace(view(metric), value).second) << view(metric) << " twice";
  }
  bool declares(std::string_view name) const {
    for (std::uint32_t i = 0; i < collector_->metric_count; ++i)
      if (view(collector_->metrics[i].name) == name) return true;
    return false;
  }

  melisai_host host_{sizeof host_, MELISAI_ABI_MINOR, this, log, emit};
  std::unique_ptr<void, int (*)(void*)> library_;
  const melisai_collector* collector_ = nullptr;
  void* self_ = nullptr;
};

class ProcessPlugin : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(plugin_.usable()) << dlerror(); }
  Plugin plugin_{MELISAI_PROCESS_PLUGIN};
  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-plugin-").value();
};

TEST_F(ProcessPlugin, MeasuresATreeFromItsFirstInstructionToItsLast) {
  ProbeTree tree(directory_.path() + "/file");
  ASSERT_TRUE(plugin_.start(tree.root()));
  ASSERT_TRUE(tree.release());
  ASSERT_TRUE(tree.wait_until_ready());
  for (int look = 0; look < 3; ++look) plugin_.sample();
  ASSERT_TRUE(tree.finish());
  plugin_.sample();  // nobody is left
  ASSERT_TRUE(plugin_.stop());

  const auto& numbers = plugin_.numbers;
  EXPECT_THAT(numbers.at("samples"), AllOf(Ge(1), Le(3)));  // looks too soon are passed over
  EXPECT_EQ(numbers.at("processes_max"), 3);
  EXPECT_EQ(numbers.at("threads_max"), 11);
  EXPECT_THAT(numbers.at("peak_rss"), AllOf(Ge(64 << 20), Le(128 << 20)));
  EXPECT_THAT(numbers.at("tree_rss_max"), AllOf(Ge(numbers.at("peak_rss")), Le(256 << 20)));
  // Ticks are cut off: of user and system time, each.
  EXPECT_THAT(numbers.at("cpu_time"), AllOf(Ge(180e6), Le(2e9)));
  EXPECT_EQ(numbers.at("cpu_time"), numbers.at("user_time") + numbers.at("system_time"));
  EXPECT_THAT(numbers.at("minor_faults"), AllOf(Ge(16384), Le(32768)));
  EXPECT_THAT(numbers.at("wchar"), AllOf(Ge(10e6), Le(10.1e6)));
  EXPECT_THAT(numbers.at("rchar"), AllOf(Ge(500), Le(1e6)));  // the loader reads ELF headers
  EXPECT_THAT(numbers, IsSupersetOf({Key("major_faults"), Key("read_bytes"), Key("write_bytes"),
                                     Key("run_delay")}));
  if (numbers.contains("address_space_peak"))
    EXPECT_THAT(plugin_.warnings, IsEmpty());
  else  // the numbers of the end are the only ones that an ordinary user may not get
    EXPECT_THAT(plugin_.warnings, ::testing::ElementsAre(::testing::HasSubstr("memory at exit")));
}

TEST_F(ProcessPlugin, GivesExactCountersWithoutASingleSample) {
  HeldTree tree({"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1M", "count=10", "status=none"});
  ASSERT_TRUE(plugin_.start(tree.root()));
  ASSERT_TRUE(tree.release());
  ASSERT_TRUE(tree.wait_for_end());
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers.at("wchar"), AllOf(Ge(10 << 20), Le((10 << 20) + 1000)));
  EXPECT_EQ(plugin_.numbers.at("samples"), 0);
  EXPECT_THAT(plugin_.numbers, Not(Contains(Key("threads_max"))));
}

TEST_F(ProcessPlugin, TellsTheMemoryOfARootThatNoLookHasSeen) {
  HeldTree tree({"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1", "status=none"});
  ASSERT_TRUE(plugin_.start(tree.root()));
  ASSERT_TRUE(tree.release());
  ASSERT_TRUE(tree.wait_for_end());
  ASSERT_TRUE(plugin_.stop());
  if (!plugin_.warnings.empty()) {
    EXPECT_THAT(plugin_.warnings, ::testing::ElementsAre(::testing::HasSubstr("cannot be traced")));
    GTEST_SKIP() << plugin_.warnings.front();
  }
  EXPECT_EQ(plugin_.numbers.at("samples"), 0);
  EXPECT_THAT(plugin_.numbers.at("peak_rss"), AllOf(Ge(63 << 20), Le(80 << 20)));
  EXPECT_GE(plugin_.numbers.at("address_space_peak"), plugin_.numbers.at("peak_rss"));
  EXPECT_THAT(plugin_.numbers.at("anonymous_at_exit"), Le(plugin_.numbers.at("peak_rss")));
  EXPECT_THAT(plugin_.numbers, Contains(Key("proportional_at_exit")));
}

TEST_F(ProcessPlugin, TellsNoPeakWhereTheLargestProcessMayHaveBeenAChild) {
  HeldTree tree({"/bin/sh", "-c", "/bin/true; exit 0"});
  ASSERT_TRUE(plugin_.start(tree.root()));
  ASSERT_TRUE(tree.release());
  ASSERT_TRUE(tree.wait_for_end());
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers, Not(Contains(Key("peak_rss"))));
}

TEST_F(ProcessPlugin, TracesNothingWhenToldSo) {
  Plugin plugin{MELISAI_PROCESS_PLUGIN, R"({"trace_exit":false})"};
  HeldTree tree({"/bin/true"});
  ASSERT_TRUE(plugin.start(tree.root()));
  ASSERT_TRUE(tree.release());
  ASSERT_TRUE(tree.wait_for_end());
  ASSERT_TRUE(plugin.stop());
  EXPECT_THAT(plugin.numbers, Not(Contains(Key("address_space_peak"))));
  EXPECT_THAT(plugin.warnings, IsEmpty());
}

TEST_F(ProcessPlugin, OpensOneWindowAfterTheOther) {
  double rchar = 0;
  for (int i = 0; i < 2; ++i) {
    HeldTree tree({"/bin/true"});
    ASSERT_TRUE(plugin_.start(tree.root()));
    ASSERT_TRUE(tree.release());
    ASSERT_TRUE(tree.wait_for_end());
    ASSERT_TRUE(plugin_.stop());
    if (i == 0) rchar = plugin_.numbers.at("rchar");
  }
  EXPECT_EQ(plugin_.numbers.at("rchar"), rchar);
}

TEST_F(ProcessPlugin, SaysNothingAboutTheWholeHost) {
  ASSERT_TRUE(plugin_.start(0));
  plugin_.sample();
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers, IsEmpty());
}

TEST_F(ProcessPlugin, WarnsAboutAProcessThatIsNotThere) {
  pid_t gone = -1;
  {
    const HeldTree tree({"/bin/true"});
    gone = tree.root();
  }
  ASSERT_TRUE(plugin_.start(gone));
  plugin_.sample();
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers, ::testing::ElementsAre(::testing::Pair("samples", 0)));
  EXPECT_THAT(plugin_.warnings, ::testing::ElementsAre(::testing::HasSubstr("cannot be read")));
}

// The files of a zombie belong to root: an ordinary user reads them only when they were opened
// before.
TEST(RootUsageLive, NeedsNoPrivilege) {
  if (getuid() != 0) GTEST_SKIP() << "every other test here shows it";
  constexpr uid_t kNobody = 65534;
  const pid_t observer = fork();
  if (observer == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
        setresuid(kNobody, kNobody, kNobody) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
      _exit(2);
    int result = 3;
    {
      const HeldTree tree(
          {"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1M", "count=10", "status=none"});
      const std::string directory = "/proc/" + std::to_string(tree.root());
      const RootUsage usage(directory);
      if (tree.release() && tree.wait_for_end()) {
        result = read_text(directory + "/io") ? 4 : 5;
        for (const Number& number : usage.since_start())
          if (number.name == "wchar" && number.value >= (10 << 20)) result = 0;
      }
    }
    _exit(result);
  }
  int status = 0;
  ASSERT_EQ(waitpid(observer, &status, 0), observer);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class QuietPlugin : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(plugin_.usable()) << dlerror(); }
  // Uses CPU time for at least `ns` of this process, so for at least as long.
  static void burn(double ns) {
    const std::clock_t until = std::clock() + static_cast<std::clock_t>(ns / 1e9 * CLOCKS_PER_SEC);
    while (std::clock() < until) continue;
  }
  Plugin plugin_{MELISAI_QUIET_PLUGIN};
};

TEST_F(QuietPlugin, CanWatchHere) {
  EXPECT_TRUE(plugin_.available());
  EXPECT_EQ(plugin_.collector().watches, 1u);
  EXPECT_EQ(plugin_.collector().sample_interval_ms, 0u);
}

TEST_F(QuietPlugin, ReportsTheWindow) {
  ASSERT_TRUE(plugin_.start(0));
  burn(0.15e9);
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers,
              IsSupersetOf({Key("other_cpu"), Key("steal"), Key("load"), Key("running")}));
  const auto cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_LE(plugin_.numbers.at("other_cpu"), cpus + 0.5);
  for (const auto& [name, value] : plugin_.numbers)
    if (name == "steal" || name.ends_with("pressure")) {
      EXPECT_LE(value, 1) << name;
    }
}

// Two windows over the same time, of which one leaves the tree out: the rest of the machine is in
// both.
TEST_F(QuietPlugin, LeavesOutTheTarget) {
  const auto directory =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-plugin-").value();
  Plugin without{MELISAI_QUIET_PLUGIN};
  ProbeTree tree(directory.path() + "/file");
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(plugin_.start(0) && without.start(tree.root()));
  ASSERT_TRUE(tree.release() && tree.wait_until_ready() && tree.finish());
  ASSERT_TRUE(plugin_.stop() && without.stop());
  const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - begin;
  const double left_out = plugin_.numbers.at("other_cpu") - without.numbers.at("other_cpu");
  EXPECT_GE(left_out * wall.count(), 120e6);  // of 200 ms, less what ticks miss
}

TEST_F(QuietPlugin, SaysNothingAboutOthersWhenTheTargetIsGone) {
  auto tree = std::make_unique<HeldTree>(std::vector<std::string>{"/bin/true"});
  ASSERT_TRUE(plugin_.start(tree->root()));
  tree.reset();
  burn(0.12e9);
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers, AllOf(Contains(Key("steal")), Not(Contains(Key("other_cpu")))));
}

TEST_F(QuietPlugin, OmitsTicksInAShortWindow) {
  ASSERT_TRUE(plugin_.start(0));
  ASSERT_TRUE(plugin_.stop());
  EXPECT_THAT(plugin_.numbers, AllOf(Contains(Key("load")), Not(Contains(Key("other_cpu")))));
}

}  // namespace
}  // namespace melisai::plugins
