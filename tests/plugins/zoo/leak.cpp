// Takes memory until there is none, and keeps it.
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Leak : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.leak"};
  void start(const melisai::Target&) {
    constexpr int most = 1024;  // where nothing limits it, this machine must live
    for (int i = 0; i < most; ++i) kept_.push_back(std::make_unique<char[]>(1 << 20));
    throw std::runtime_error("nothing stopped it at 1 GiB");
  }
  std::vector<std::unique_ptr<char[]>> kept_;
};

}  // namespace

MELISAI_COLLECTOR(Leak)
