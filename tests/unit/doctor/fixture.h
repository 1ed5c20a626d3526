// Machines of tests/data/doctor: small trees of proc, sys, etc and usr, each as a kernel shows
// them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/files.h"
#include "core/doctor/doctor.h"

namespace melisai::doctor {

/// A copy that belongs to who runs the test, so that what is writable is known.
class MachineTree {
 public:
  explicit MachineTree(const std::string& name) {
    auto directory = TemporaryDirectory::make(::testing::TempDir(), "doctor");
    EXPECT_TRUE(directory);
    directory_ = std::make_unique<TemporaryDirectory>(*std::move(directory));
    std::filesystem::copy(std::string(MELISAI_SOURCE_DIR) + "/tests/data/doctor/" + name,
                          directory_->path(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  }
  const std::string& root() const { return directory_->path(); }

 private:
  std::unique_ptr<TemporaryDirectory> directory_;
};

/// What the two attempts end with.
struct Attempts {
  int cycles_errno = 0;
  int bpf_errno = 0;
};

inline Result<Facts> facts_of(const std::string& name, Attempts attempts = {}) {
  const MachineTree tree(name);
  return read_facts({.root = tree.root(),
                     .count_cycles = [=] { return attempts.cycles_errno; },
                     .load_bpf = [=] { return attempts.bpf_errno; }});
}

/// The finding of that name; an empty one, and a failed test, when there is none.
inline Finding finding_of(const Facts& facts, const std::string& id) {
  const Diagnosis diagnosis = findings_of(facts);
  for (const Finding& finding : diagnosis.machine)
    if (finding.id == id) return finding;
  for (const Tier& tier : diagnosis.tiers)
    if (tier.finding.id == id) return tier.finding;
  ADD_FAILURE() << "no finding " << id;
  return {};
}

}  // namespace melisai::doctor
