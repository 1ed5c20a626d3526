#include "core/measure/machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"

namespace melisai::measure {
namespace {

TEST(Machine, IdentifiesThisOne) {
  const Machine machine = identify_machine();
  EXPECT_GT(machine.cpus, 0);
  EXPECT_GT(machine.memory_bytes, 0);
  EXPECT_FALSE(machine.kernel.empty());
  EXPECT_EQ(machine.fingerprint.size(), 16u);
  EXPECT_EQ(machine, identify_machine());
}

TEST(Machine, ReadsFixtureRootsAndIgnoresAFewMegabytesOfMemory) {
  const auto root = TemporaryDirectory::make(::testing::TempDir(), "machine");
  ASSERT_TRUE(root);
  std::filesystem::create_directories(root->path() + "/proc");
  const auto with = [&](const std::string& model, long kib) {
    std::ofstream(root->path() + "/proc/cpuinfo")
        << "processor\t: 0\nmodel name\t: " << model << "\nflags\t\t: fpu vme\n";
    std::ofstream(root->path() + "/proc/meminfo") << "MemTotal:       " << kib << " kB\n";
    return identify_machine(root->path());
  };
  const Machine first = with("Old CPU", 16'000'000);
  EXPECT_EQ(first.cpu_model, "Old CPU");
  EXPECT_EQ(first.memory_bytes, 16'000'000ll * 1024);
  EXPECT_EQ(first.virtualisation, "none");
  EXPECT_EQ(first.fingerprint, with("Old CPU", 16'004'000).fingerprint);
  EXPECT_NE(first.fingerprint, with("New CPU", 16'000'000).fingerprint);
}

}  // namespace
}  // namespace melisai::measure
