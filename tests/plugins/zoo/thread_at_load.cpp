// Starts a thread when it is loaded, before anybody could ask what it declares.
#include <unistd.h>

#include <thread>

#include "tests/plugins/zoo/zoo.h"

namespace {

const bool started = [] {
  std::thread([] { pause(); }).detach();
  return true;
}();

struct ThreadAtLoad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.thread_at_load"};
};

}  // namespace

MELISAI_COLLECTOR(ThreadAtLoad)
